"""Puts the services together: the command line, one process or many, the demo district."""
