"""A discrete-event digital twin of a dense robotic storage system."""

PROJECT = "storage-twin"
"""The name of the distribution that is installed."""
