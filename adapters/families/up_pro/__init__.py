"""up_pro: national tables of a front-end database."""
