"""The start page: one file, nothing from elsewhere, under a policy that lets nothing else run."""

import base64
import hashlib
import re
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.routes.answers import tagged
from services.gateway.routes.doors import OpenDoor

router = APIRouter(route_class=OpenDoor)

_PAGE = (Path(__file__).parent / "start_page.html").read_bytes()


def _hashes(tag: bytes) -> str:
    """Return the sources of the page's own inline elements, as a policy names them."""
    found = re.findall(rb"<" + tag + rb">(.*?)</" + tag + rb">", _PAGE, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(text).digest()).decode() for text in found)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src {_hashes(b'script')}",
        f"style-src {_hashes(b'style')}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)


@router.get("/", include_in_schema=False)
async def start_page(request: Request) -> Response:
    """Say what this is, in Chinese and English."""
    page = tagged(request, _PAGE, media_type="text/html; charset=utf-8", cache_control="no-cache")
    page.headers["Content-Security-Policy"] = _POLICY
    return page
