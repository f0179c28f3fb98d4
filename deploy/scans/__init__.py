"""What is looked for in the repository and in what it stands on: known weaknesses, and secrets."""
