"""The register's tables, and what is written into them."""
