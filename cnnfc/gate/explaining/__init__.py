"""Says what two sides of a benchmark do differently, so that a red gate explains itself."""
