"""The idempotency key of a write: the same key asks for the same thing once.

The service behind does it once and answers the same each time (`shared.runtime.work`); the edge
only names the command, and digests what was asked so that a key used for something else is seen.
"""

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Header, Request

from services.gateway.routes.doors import LimitedRequest
from services.gateway.routes.problems import wrong_field
from services.gateway.routes.signed_in import SignedInBearer
from shared.kernel.ids import new_id
from shared.runtime.call import Call, CommandKey

_PRINTABLE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description=(
            "重试同一请求时使用同一个键（至多 128 个可打印 ASCII 字符）：只执行一次，答复相同。 · "
            "The same key for a request tried again, up to 128 printable ASCII characters: "
            "it is done once and answered the same."
        ),
    ),
]


def command_call(request: Request, bearer: SignedInBearer, key: str | None, asked: bytes) -> Call:
    """Return the call of a write that asks *asked*.

    Raises:
        Invalid: the key is none.
    """
    if key is not None and _PRINTABLE.fullmatch(key) is None:
        raise wrong_field(
            "Idempotency-Key",
            "wrong_key",
            "应为 1 至 128 个可打印 ASCII 字符",
            "has to be 1 to 128 printable ASCII characters",
        )
    digest = hashlib.sha256(f"{request.method} {request.scope['path']}\n".encode() + asked)
    account = bearer.actor.account
    command = CommandKey(key=f"{account}:{key or new_id()}", fingerprint=digest.hexdigest())
    return Call(call_id=request.state.call_id, actor=bearer.actor, command=command)


async def _ordering(
    request: LimitedRequest, bearer: SignedInBearer, idempotency_key: IdempotencyKey = None
) -> Call:
    return command_call(request, bearer, idempotency_key, await request.canonical_body())


# The call as services see it, for orders with a JSON body or none.
Ordering = Annotated[Call, Depends(_ordering)]
