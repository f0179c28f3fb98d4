"""Fault injection: everything is killed at random while reports come in, and then every row is counted."""
