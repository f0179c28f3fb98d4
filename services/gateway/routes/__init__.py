"""The paths of the HTTP edge; each decides nothing and asks one thing."""
