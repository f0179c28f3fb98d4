"""What patrol does, one file each."""
