"""The family kstb: public-security matters between provinces."""
