"""What a record of the register may be, without time, database or bus."""
