"""Reads what a project asks of its gate: thresholds, error rates, waivers."""
