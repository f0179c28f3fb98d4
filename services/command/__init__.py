"""Command: read models of everything said on the bus."""
