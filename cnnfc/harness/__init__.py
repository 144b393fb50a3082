"""Drives asv: what to measure, in which chunks, and what came of it."""
