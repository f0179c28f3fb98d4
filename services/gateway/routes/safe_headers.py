"""The headers that keep a browser from doing with an answer what nobody meant it to do.

A route may set one of them itself; the start page has a policy of its own. No answer sets a cookie.
"""

from collections.abc import Mapping, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

Headers = Sequence[tuple[bytes, bytes]]

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # A report has a photograph and a place; nothing else of a device is ever asked for.
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
# A year, as RFC 6797 has it in its examples; said over TLS alone, where it may be believed (7.2).
_OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}
_MAY_BE_SENT = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
)
_MAY_BE_READ = ("ETag", "X-Call-Id", "Retry-After", "RateLimit", "RateLimit-Policy")
_PREFLIGHT_KEPT_S = 600


def _encoded(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


_ENCODED = {False: _encoded(_ALWAYS), True: _encoded(_ALWAYS | _OVER_TLS)}


def with_safe_headers(given: Headers, *, is_https: bool, more: Mapping[str, str]) -> Headers:
    """Return the headers of an answer with the safe ones it lacks, and with *more*."""
    names = {name for name, _ in given}
    safe = [header for header in _ENCODED[is_https] if header[0] not in names]
    return [*given, *safe, *_encoded(more)]


def open_to(origins: Sequence[str], app: ASGIApp) -> ASGIApp:
    """Return *app* such that pages of *origins*, and no others, may call it from a browser.

    A token goes into a header and never into a cookie, so there are no credentials to let through.
    """
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST", "PUT"),
        allow_headers=_MAY_BE_SENT,
        allow_credentials=False,
        expose_headers=_MAY_BE_READ,
        max_age=_PREFLIGHT_KEPT_S,
    )
