"""Deadlines: how a time limit is counted, by which rule, and how a clerk can check it by hand (rules §1, §9)."""
