"""Tries the search of steps on series whose right answer is known."""
