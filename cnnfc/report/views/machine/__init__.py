"""The page of a machine."""
