"""A suite with modules that cannot be imported."""
