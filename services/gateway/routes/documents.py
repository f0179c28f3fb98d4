"""What the OpenAPI document says of answers; nothing here is checked at run time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.gateway.routes.problems import TITLES
from shared.kernel.errors import FieldError
from shared.kernel.place import NamedArea, Place

Responses = dict[int | str, dict[str, Any]]

_REF = {"$ref": "#/components/schemas/Problem"}


def problems(*statuses: int) -> Responses:
    """Return the problem answers of these statuses, as routes declare them."""
    return {
        status: {
            "description": " · ".join(TITLES[status]),
            "content": {"application/problem+json": {"schema": _REF}},
        }
        for status in statuses
    }


# What any call of somebody signed in may be answered; the order is that of the checks.
EVERYWHERE = problems(400, 401, 403, 422, 503)


def shown(status: int, model: Any, description: str) -> Responses:
    """Return the good answer of a route."""
    return {status: {"model": model, "description": description}}


def raw(status: int, media_type: str, description: str) -> Responses:
    """Return the good answer of a route that gives no JSON."""
    schema = {"type": "string", "format": "binary"}
    return {status: {"description": description, "content": {media_type: {"schema": schema}}}}


def multipart(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    """Return the request body of an upload, which FastAPI does not see."""
    schema = {"type": "object", "properties": properties, "required": required}
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


FILE = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal (RFC 9457).

    `title` and `detail` follow Accept-Language, Chinese by default; `zh` and `en` hold the detail
    in each language; `errors` names each wrong field; `call_id` finds the call in the logs.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    zh: str
    en: str
    errors: list[FieldError]
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a sign-in gives; the refresh token is good once."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The account that asks; `places` are the areas its roles reach under."""

    account: str
    name: str
    roles: list[str]
    places: list[NamedArea]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKept:
    """A kept file; refer to it by `id`."""

    id: str
    sha256: str
    media_type: str
    size: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """The places of several points, in their order."""

    items: list[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a list; hand `next_cursor` back for the next, null says there is none."""

    items: list[dict[str, Any]]
    next_cursor: str | None
