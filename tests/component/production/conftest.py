"""Gives the tests in this folder a real broker."""

from tests.brokers import rabbit

__all__ = ["rabbit"]
