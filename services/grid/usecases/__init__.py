"""What the grid registry does, one file each."""
