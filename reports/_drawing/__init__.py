"""How numbers, tables, figures and films look on the page."""
