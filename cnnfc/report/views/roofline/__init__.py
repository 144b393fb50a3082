"""The page of what binds each layer."""
