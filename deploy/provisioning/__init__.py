"""Gives each service its own user on the broker and its own role in the database, with its own rights."""
