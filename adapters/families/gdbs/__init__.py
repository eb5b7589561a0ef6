"""gdbs: Guangdong filing and approval."""
