"""What command does with what it hears, one file each."""
