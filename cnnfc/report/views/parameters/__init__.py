"""The page of parameters against latency."""
