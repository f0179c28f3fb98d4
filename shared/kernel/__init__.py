"""The field's small words, meaning the same in every service."""
