"""Studies: measures the tool itself, one file a study, run by ``cnnfc study NAME``."""
