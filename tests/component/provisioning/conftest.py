"""Gives the tests in this folder a broker with users."""

from tests.component.provisioning.managed import broker

__all__ = ["broker"]
