"""``cnnfc compare``: two commits, machines or devices set against each other."""
