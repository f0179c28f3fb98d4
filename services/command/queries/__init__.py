"""What may be asked of the read models."""
