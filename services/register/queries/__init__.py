"""What may be asked of the register; each answers only what the actor reaches."""
