"""The page of what more threads bring."""
