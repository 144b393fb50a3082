"""``cnnfc machine --check``: this machine now against its own history."""
