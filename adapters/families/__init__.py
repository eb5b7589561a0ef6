"""Formats. Each family is a folder with a codec and a mapping; `table` lists them."""
