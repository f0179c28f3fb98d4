"""Questions about rounds, straight from the tables; each answers only what the actor reaches."""
