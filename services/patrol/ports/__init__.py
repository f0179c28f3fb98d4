"""What patrol's use cases need from outside, one subject a file."""
