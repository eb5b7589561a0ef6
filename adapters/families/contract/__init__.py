"""contract: the JSON of the contract itself."""
