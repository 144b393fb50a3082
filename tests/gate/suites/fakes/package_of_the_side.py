"""What a side brings."""

VALUE = 11
