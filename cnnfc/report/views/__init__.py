"""Views: one folder a kind of page, each from measured data to text that is ready to print."""
