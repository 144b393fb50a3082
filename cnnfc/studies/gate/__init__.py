"""Tries the gate on code whose right answer is known, and compares it with other tools."""
