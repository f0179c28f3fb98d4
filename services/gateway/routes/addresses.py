"""Addresses of the edge as its clients know them."""

from starlette.requests import Request

from shared.runtime.settings import Settings


def own_address(request: Request, settings: Settings, path: str | None = None) -> str:
    """Return the address of *path*, or of what is asked for, without its query.

    Behind a proxy the request does not say it: then `WANGGE_PUBLIC_URL` does.
    """
    origin = settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return origin + (path or request.scope["path"])
