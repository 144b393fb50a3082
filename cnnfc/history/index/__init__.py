"""An index of result files: what they hold, in columns, so that nothing is parsed twice."""
