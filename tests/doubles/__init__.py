"""Stand-ins for what only others have; never for what is tested."""
