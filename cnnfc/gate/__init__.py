"""Compares two commits by pairs of resident workers and judges every benchmark."""
