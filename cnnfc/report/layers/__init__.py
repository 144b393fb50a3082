"""The numbers about layers behind the pages, before any of them is formatted."""
