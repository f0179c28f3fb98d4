"""Answers in JSON, with an entity tag where the client may keep them."""

import hashlib
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response


def answered(value: Any, status: int = 200) -> Response:
    """Return *value* as JSON."""
    return Response(orjson.dumps(value), status, media_type="application/json")


def listed(items: list[Any]) -> dict[str, Any]:
    """Return a list that is short enough to be its only page."""
    return {"items": items, "next_cursor": None}


def tagged(
    request: Request,
    content: bytes,
    *,
    media_type: str = "application/json",
    cache_control: str = "private, no-cache",
) -> Response:
    """Return *content*, or 304 when the client's copy is the same (RFC 9110, 13.1.2)."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": cache_control}
    if has_copy(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


def tagged_json(request: Request, value: Any) -> Response:
    """Return *value* as JSON that the client may keep, but asks about each time."""
    return tagged(request, orjson.dumps(value))


def has_copy(request: Request, tag: str) -> bool:
    """Tell whether the client's If-None-Match names *tag*."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or tag in {
        one.strip().removeprefix("W/") for one in known.split(",")
    }
