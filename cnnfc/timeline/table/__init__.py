"""The table of everything measured, for other programs."""
