"""How often one address and one account may ask, and how they are told.

Every copy of the edge counts for itself: with several, a client may have so many times as much.
"""

import ipaddress
import math
import time
from functools import lru_cache
from typing import Any

from starlette.types import Scope

from services.gateway.domain.rate import MINUTE_S, Budget, Standing
from services.gateway.routes.problems import HttpRefusal
from shared.runtime.settings import Settings

DAY_S = 24 * 60 * MINUTE_S
SIGN_IN_PATHS = "/api/v1/auth/"
# Somebody with IPv6 has at least so many addresses to himself (RFC 6177).
_IPV6_PREFIX = 64


class Limits:
    """The budgets of one edge process."""

    def __init__(self, settings: Settings) -> None:
        self._address = Budget("address", settings.rate_address_per_minute)
        self._sign_in = Budget("sign-in", settings.rate_sign_in_per_minute)
        self._account = Budget("account", settings.rate_account_per_minute)
        self._upload = Budget("upload", settings.rate_upload_per_minute)
        # What comes in through somebody else's form: bursts, and what goes on all day.
        minute, day = settings.open311_per_minute, settings.open311_per_day
        self._requests = {
            who: (Budget(f"{who}-day", day, DAY_S), Budget(f"{who}-minute", minute))
            for who in ("address", "key")
        }

    def admit_address(self, scope: Scope) -> HttpRefusal | None:
        """Count a request of this address; return the refusal of one too many."""
        client = _client(scope)
        now = time.monotonic()
        standing = self._address.spend(client, now)
        if scope["path"].startswith(SIGN_IN_PATHS) and not (standing and standing.is_over):
            standing = self._sign_in.spend(client, now) or standing
        return _noted(scope, standing)

    def admit_key(self, scope: Scope) -> None:
        """Count a look at a key that is not known yet; raises `HttpRefusal` for one too many."""
        refusal = _noted(scope, self._sign_in.spend(_client(scope), time.monotonic()))
        if refusal is not None:
            raise refusal

    def admit_service_request(self, scope: Scope, account: str) -> None:
        """Count a report that comes by Open311; raises `HttpRefusal` for one too many."""
        now = time.monotonic()
        for who, name in (("address", _client(scope)), ("key", account)):
            for budget in self._requests[who]:
                refusal = _noted(scope, budget.spend(name, now))
                if refusal is not None:
                    raise refusal

    def admit_account(self, scope: Scope, account: str, *, uploads: bool = False) -> None:
        """Count a request of this account; raises `HttpRefusal` for one too many."""
        now = time.monotonic()
        standing = self._account.spend(account, now)
        if uploads and not (standing and standing.is_over):
            standing = self._upload.spend(account, now) or standing
        refusal = _noted(scope, standing)
        if refusal is not None:
            raise refusal


def _client(scope: Scope) -> str:
    return _network(scope["client"][0] if scope.get("client") else "")


def rate_headers(scope: Scope) -> dict[str, str]:
    """Return what tells a client how much it may still ask (draft-ietf-httpapi-ratelimit-headers-10)."""
    standing: Standing | None = scope["state"].get("standing")
    if standing is None:
        return {}
    full_in = math.ceil((standing.quota - standing.left) * standing.window_s / standing.quota)
    return {
        "RateLimit-Policy": f'"{standing.budget}";q={standing.quota};w={standing.window_s:g}',
        "RateLimit": f'"{standing.budget}";r={standing.left};t={full_in}',
    }


def _noted(scope: Scope, standing: Standing | None) -> HttpRefusal | None:
    if standing is not None:
        scope["state"]["standing"] = standing
    if standing is None or not standing.is_over:
        return None
    return _too_often(math.ceil(standing.retry_after_s))


def _too_often(retry_after_s: int) -> HttpRefusal:
    return HttpRefusal(
        429,
        code="too_often",
        zh=f"请求过于频繁，请在 {retry_after_s} 秒后再试。",
        en=f"There were too many requests; try again in {retry_after_s} seconds.",
        headers={"Retry-After": str(retry_after_s)},
    )


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    """Return the address, or of IPv6 the network that is one subscriber's."""
    try:
        known: Any = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, _IPV6_PREFIX), strict=False))
