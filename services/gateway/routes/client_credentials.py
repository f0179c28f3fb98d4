"""How a client shows itself at the token address: Basic, in the form, or by an assertion.

RFC 6749, 2.3.1 (client_secret_basic, client_secret_post) and RFC 7523, 2.2 (private_key_jwt).
"""

import base64
import binascii
from typing import Annotated, Literal
from urllib.parse import unquote_plus

from fastapi import Form, Header, Request

from services.gateway.domain.not_signed_in import client_refused
from services.gateway.ports import ClientCredential
from services.gateway.routes.addresses import own_address
from services.gateway.routes.backing import Backed

Assertion = Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
ClientId = Annotated[str | None, Form(min_length=1, max_length=48)]
Secret = Annotated[str | None, Form(min_length=1, max_length=200)]
Signed = Annotated[str | None, Form(min_length=1, max_length=4096)]


async def shown_by_client(
    request: Request,
    backing: Backed,
    client_id: ClientId = None,
    client_secret: Secret = None,
    client_assertion_type: Annotated[Assertion | None, Form()] = None,
    client_assertion: Signed = None,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> ClientCredential | None:
    """Return what a client shows; None where there is nothing of the kind.

    Raises:
        NotSignedIn: it shows itself in two ways at once, or in none that can be read.
    """
    scheme, _, given = (authorization or "").partition(" ")
    is_basic = scheme.lower() == "basic"
    if is_basic + (client_secret is not None) + (client_assertion is not None) > 1:
        raise client_refused()
    if is_basic:
        name, secret = _basic(given)
        return ClientCredential(client_id=name, secret=secret)
    if client_assertion is not None and client_assertion_type is not None:
        token_address = own_address(request, backing.settings)
        return ClientCredential(
            client_id=client_id or "",
            assertion=client_assertion,
            audiences=(token_address, own_address(request, backing.settings, "/")),
        )
    if client_id is None or client_secret is None:
        return None
    return ClientCredential(client_id=client_id, secret=client_secret)


def _basic(given: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise client_refused() from None
    name, _, secret = text.partition(":")
    # Both are form-encoded first (RFC 6749, 2.3.1).
    return unquote_plus(name), unquote_plus(secret)
