"""What is drawn at random and sent to the platform, and the account of how it took it."""
