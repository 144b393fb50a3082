"""Decides what is measured on, and says what came of it: verdicts with their reasons."""
