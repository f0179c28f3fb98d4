"""What the gateway asks of others: the command service for its live lines, an identity provider for who somebody is."""
