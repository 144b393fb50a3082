"""The study of scale: how long a history takes to read, and how much memory, as it grows."""
