"""The rules of an incident's life."""
