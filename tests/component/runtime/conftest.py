"""Gives the tests in this folder both brokers."""

from tests.brokers import broker, connect, rabbit

__all__ = ["broker", "connect", "rabbit"]
