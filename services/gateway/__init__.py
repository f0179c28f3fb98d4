"""The HTTP edge: REST, live stream, files, sign-in."""
