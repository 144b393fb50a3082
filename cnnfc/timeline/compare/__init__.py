"""Two sides of a history set against each other."""
