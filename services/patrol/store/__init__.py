"""Patrol's tables, incidents in and out of them, their numbers, and what is forgotten of them."""
