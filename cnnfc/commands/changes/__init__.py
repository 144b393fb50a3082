"""``cnnfc changes``: what changed over the commits, and why."""
