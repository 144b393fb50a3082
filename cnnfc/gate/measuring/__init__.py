"""Starts workers and takes from them what a gate compares."""
