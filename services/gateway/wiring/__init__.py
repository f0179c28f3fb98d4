"""Puts real adapters behind the gateway's use cases."""

from services.gateway.wiring.accounts import (
    create_account,
    give_password,
    has_password,
    set_password,
)
from services.gateway.wiring.desk import Desk
from services.gateway.wiring.proving import Proving
from services.gateway.wiring.sign_in_desk import SignInDesk

__all__ = [
    "Desk",
    "Proving",
    "SignInDesk",
    "create_account",
    "give_password",
    "has_password",
    "set_password",
]
