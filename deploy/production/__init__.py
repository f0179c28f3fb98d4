"""The production profile on one machine: a broker, a database and each service as supervised processes."""
