"""What OGC API – Features answers, as links, media types and shapes (OGC 17-069r4, 7.2 to 7.16)."""

from typing import Any

from services.gateway.routes.documents import Responses, problems
from services.gateway.routes.ogc_parameters import CRS84

GEOJSON = "application/geo+json"
JSON = "application/json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.1"
# In which system coordinates are (OGC 18-058r1, 6.2.1): there is one.
CONTENT_CRS = {"Content-Crs": f"<{CRS84}>"}

_LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
}
_LINKS = {"type": "array", "items": _LINK}
_POSITION = {"type": "array", "items": {"type": "number"}}
_FEATURE = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "geometry": {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"type": "string", "enum": ["Point", "Polygon", "MultiPolygon"]},
                "coordinates": {"type": "array"},
            },
        },
        "properties": {"type": "object"},
        "links": _LINKS,
    },
}
_FEATURES = {
    "type": "object",
    "required": ["type", "features", "links", "timeStamp", "numberReturned"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": _FEATURE},
        "links": _LINKS,
        "timeStamp": {"type": "string", "format": "date-time"},
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    },
}
_COLLECTION = {
    "type": "object",
    "required": ["id", "links"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "links": _LINKS,
        "extent": {"type": "object"},
        "itemType": {"type": "string"},
        "crs": {"type": "array", "items": {"type": "string"}},
    },
}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


LANDING = _object(title={"type": "string"}, description={"type": "string"}, links=_LINKS)
CONFORMANCE = _object(conformsTo={"type": "array", "items": {"type": "string"}})
COLLECTIONS = _object(links=_LINKS, collections={"type": "array", "items": _COLLECTION})
COLLECTION = _COLLECTION
FEATURES = _FEATURES
FEATURE = _FEATURE
ANY_JSON = {"type": "object"}

EVERYWHERE = problems(400, 401, 403, 404, 503)


def holding(media_type: str, schema: dict[str, Any], description: str) -> Responses:
    """Return the good answer of a route."""
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


def link(href: str, rel: str, media_type: str, title: str) -> dict[str, str]:
    """Return a link (RFC 8288) as the standard has it in JSON."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}
