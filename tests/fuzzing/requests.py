"""Messages on the way of calls that are no calls: bodies, headers and reply addresses of any kind."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from hypothesis import strategies as st

from tests.fuzzing.calls import ANY_JSON

_KEYS = (
    "patrol.ready",
    "command.board",
    "grid.cell",
    "grid.nothing",
    "command.",
    "patrol.take_step",
)
_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31), 2**31),
    st.sampled_from([[], [1, [2]], {}, {"a": 1}, "", "a\x00b", 1.5, "x" * 20_000]),
    st.text(max_size=30),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
)
_HEADERS = (
    "nameko.call_id",
    "nameko.call_id_stack",
    "nameko.account",
    "nameko.roles",
    "nameko.place_code",
    "nameko.matter_no",
    "nameko.command_key",
    "nameko.command_fingerprint",
    "nameko.language",
    "something else",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OddCall:
    """One message on the exchange of calls."""

    routing_key: str
    headers: dict[str, Any]
    properties: dict[str, Any]
    body: bytes
    content_type: str


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return b"[]"


_BODIES = st.one_of(
    ANY_JSON.map(_json),
    st.builds(lambda args, kwargs: _json({"args": args, "kwargs": kwargs}), ANY_JSON, ANY_JSON),
    st.just(b'{"args": [], "kwargs": {}}'),
    st.just(b'{"args": [1, 2, 3, 4, 5, 6], "kwargs": {}}'),
    st.binary(max_size=100),
    st.sampled_from([b"", b"[" * 10_000, b'{"args": [], "kwargs": {"\\u0000": 1}}']),
)
ODD_CALLS = st.builds(
    OddCall,
    routing_key=st.sampled_from(_KEYS),
    headers=st.dictionaries(st.sampled_from(_HEADERS), _ODD, max_size=4),
    properties=st.fixed_dictionaries(
        {},
        optional={
            "reply_to": st.text(max_size=40) | st.just("nobody"),
            "correlation_id": st.text(max_size=40),
        },
    ),
    body=_BODIES,
    content_type=st.sampled_from(["application/json"] * 4 + ["text/plain", "", "a/b"]),
)
