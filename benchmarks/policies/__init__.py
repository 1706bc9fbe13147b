"""Which policies should be the default: every one against the default, over replications in pairs."""
