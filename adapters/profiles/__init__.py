"""Cities. Each profile is a folder named by its member code; `load` makes an adapter of it."""
