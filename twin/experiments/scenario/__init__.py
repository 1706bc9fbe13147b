"""Scenario files: what is in them, how they are read, varied and made into runs."""
