"""Views: one module a kind of page, each from measured data to text that is ready to print."""
