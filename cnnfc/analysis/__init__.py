"""Pure statistics on samples."""
