"""The gateway's tables and what is kept in them."""
