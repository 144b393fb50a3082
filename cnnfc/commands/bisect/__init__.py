"""``cnnfc changes --bisect``: which commit made a change."""
