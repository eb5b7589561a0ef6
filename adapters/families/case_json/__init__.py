"""The Case of a provincial hall, as JSON (Fujian)."""
