"""The past: result files on disk to plain records."""
