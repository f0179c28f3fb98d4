"""What patrol is asked, one subject a file; each answers only what the actor reaches."""
