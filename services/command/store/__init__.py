"""Command's tables, the read models in and out of them, and the two ways to search."""
