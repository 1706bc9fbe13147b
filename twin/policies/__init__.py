"""Choices over a read-only plant, each replaceable on its own."""
