"""The services of the platform, one folder each."""
