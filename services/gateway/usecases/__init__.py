"""What the edge does itself: sign people in and out, keep their files."""
