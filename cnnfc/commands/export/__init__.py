"""``cnnfc export``: everything measured as one tidy table."""
