"""The rules of the grid registry."""
