"""Gives the tests in this folder both brokers."""

from tests.brokers import broker, connect

__all__ = ["broker", "connect"]
