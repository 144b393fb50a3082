"""Cases that set torch's threads the first time, and those that never do."""
