"""What Open311 answers, in the two forms it has: JSON, and XML of the same names (GeoReport v2)."""

import re
import xml.etree.ElementTree as Xml
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.routes.documents import Responses, problems

FORMS = ("json", "xml")
MEDIA_TYPES = {"json": "application/json", "xml": "text/xml"}
# What XML 1.0 has no way to write (section 2.2).
_NOT_OF_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The name of one thing in a list of them.
_ONE_OF = {
    "services": "service",
    "service_requests": "request",
    "service_definition": "attribute",
    "attributes": "attribute",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}


def form_of(request: Request) -> str:
    """Return the form that the end of an address asks for."""
    return "xml" if request.scope["path"].endswith(".xml") else "json"


def told(
    request: Request,
    name: str,
    value: Any,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return *value*, which XML calls *name*, in the form that is asked for."""
    form = form_of(request)
    content = orjson.dumps(value) if form == "json" else in_xml(name, value)
    media_type = MEDIA_TYPES[form]
    return Response(content, status, headers=dict(headers or {}), media_type=media_type)


def in_xml(name: str, value: Any) -> bytes:
    """Return a document whose root is *name*."""
    written: bytes = Xml.tostring(_element(name, value), encoding="utf-8", xml_declaration=True)
    return written


def _element(name: str, value: Any) -> Xml.Element:
    element = Xml.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(each, part) for each, part in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        element.extend(_element(_ONE_OF[name], part) for part in value)
    elif value is not None:
        element.text = _text(value)
    return element


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_OF_XML.sub("\ufffd", str(value))


def told_in(form: str, status: int, description: str, *, is_list: bool = True) -> Responses:
    """Return the good answer of a route in one form, as the OpenAPI document has it."""
    thing = {"type": "object"}
    schema: dict[str, Any] = {"type": "array", "items": thing} if is_list else thing
    return {status: {"description": description, "content": _content(form, schema)}}


def refusals_in(form: str) -> Responses:
    """Return the refusals of a route: the standard's own, and what is refused before any route."""
    error = {
        "type": "object",
        "required": ["code", "description"],
        "properties": {"code": {"type": "integer"}, "description": {"type": "string"}},
    }
    schema: dict[str, Any] = {"type": "array", "items": error}
    refusals = problems(400, 403, 404, 413, 415, 429, 503)
    for refusal in refusals.values():
        refusal["content"] = _content(form, schema) | refusal["content"]
    return refusals


def _content(form: str, schema: dict[str, Any]) -> dict[str, Any]:
    # OpenAPI would describe elements by what JSON has in their place.
    return {MEDIA_TYPES[form]: {"schema": schema} if form == "json" else {}}
