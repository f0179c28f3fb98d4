"""A sign-in as it is kept: whose it is, on which device, until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What somebody signs in from; with a *key*, a public JWK (RFC 7517), it is bound to that key."""

    name: str | None = None
    key: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSignIn:
    """A sign-in: it is renewed until `good_until`, which moves, and never beyond `ends_at`."""

    family: str
    account: str
    since: datetime
    renewed_at: datetime
    good_until: datetime
    ends_at: datetime
    device_name: str | None = None
    device_key: Mapping[str, Any] | None = None
    ended_at: datetime | None = None
    ended_because: str | None = None
