"""Scenarios run, swept, sized and compared."""
