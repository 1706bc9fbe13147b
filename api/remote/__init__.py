"""The command line of a running twin."""
