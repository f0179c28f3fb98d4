"""The machinery: broker, database, outbox, inbox, doors."""
