"""Benchmarks that end, hang or confuse the process that runs them."""
