"""The pages of single benchmarks and the list of all."""
