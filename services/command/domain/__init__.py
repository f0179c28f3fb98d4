"""The rules of the command read models."""
