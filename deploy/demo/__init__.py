"""The example district, generated."""
