"""Steps in series of values: where, how large and how certain."""
