"""Finds what on this machine makes timings unsteady; it reads and measures, and changes nothing."""
