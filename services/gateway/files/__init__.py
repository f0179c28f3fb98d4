"""Uploaded files: what they are by their content, and rid of what their makers did not mean to tell."""
