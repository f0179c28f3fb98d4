"""What may be done to the register, one file each, one transaction each."""
