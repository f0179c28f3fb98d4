"""An AMQP broker inside this process, behind kombu: what `make run` needs no server for."""
