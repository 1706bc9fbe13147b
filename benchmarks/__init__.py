"""How fast the twin is, always beside something that is run in the same breath."""
