"""Services and departments that sign in as themselves: never with a person's account."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.gateway.domain.reason import Reason
from shared.kernel.actor import Actor
from shared.kernel.errors import FieldError, Invalid
from shared.kernel.rights import Role

_CLIENT = re.compile(r"[a-z0-9][a-z0-9_.-]{0,47}")
# No account can be called so: a colon is not among the characters of one.
MARK = "client:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceClient:
    """A client; it has the digest of a secret or a public JWK (RFC 7517), and says what it is for."""

    client_id: str
    name: str
    purpose: str
    role: Role
    place_code: str
    valid_from: datetime
    valid_until: datetime | None = None
    secret_digest: str | None = field(default=None, repr=False)
    public_key: Mapping[str, Any] | None = None
    disabled_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        return Actor.of(MARK + self.client_id, self.role, place_code=self.place_code)

    def why_not(self, now: datetime) -> Reason | None:
        """Return why it is not let in now, whatever it shows."""
        if self.disabled_at is not None:
            return Reason.CLIENT_DISABLED
        begun = self.valid_from <= now
        over = self.valid_until is not None and self.valid_until <= now
        return None if begun and not over else Reason.CLIENT_NOT_VALID


def api_key_of(client_id: str, secret: str) -> str:
    """Return a client's id and secret as the one text that standards call an API key."""
    return f"{client_id}.{secret}"


def parts_of(api_key: str) -> tuple[str, str]:
    """Return the id and the secret in an API key; a secret has no dot, an id may."""
    client_id, _, secret = api_key.rpartition(".")
    return client_id, secret


def is_client_id(text: str) -> bool:
    """Tell whether *text* can be a client at all; what cannot is not looked for."""
    return _CLIENT.fullmatch(text) is not None


def check_new_client(client: ServiceClient) -> None:
    """See that a client may be made like this; raises `Invalid`."""
    errors = []
    if not is_client_id(client.client_id):
        errors.append(
            FieldError(
                field="client_id",
                code="string_pattern_mismatch",
                zh="客户端编号为 1 至 48 个小写字母、数字、点、短横或下划线，以字母或数字开头",
                en="a client id is 1 to 48 lower-case letters, digits, dots, hyphens or underscores, a letter or digit first",
            )
        )
    if client.valid_until is not None and client.valid_until <= client.valid_from:
        errors.append(
            FieldError(
                field="valid_until",
                code="too_early",
                zh="失效时间须在生效时间之后",
                en="has to be after the time from which it is valid",
            )
        )
    if errors:
        raise Invalid(
            code="invalid",
            zh="客户端不合要求，详见 errors。",
            en="The client is wrong; see errors.",
            errors=tuple(errors),
        )
