"""What a city does with its keys for years: look, make, rotate, close, back up, restore."""
