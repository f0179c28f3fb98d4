"""Boundary files: those that people send, and the folder in which a finished draft lies."""
