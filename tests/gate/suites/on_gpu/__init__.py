"""Benchmarks on the GPU of the stand-in for torch."""
