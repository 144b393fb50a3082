"""Follows what was measured over the commits: series, their changes and what caused them."""
