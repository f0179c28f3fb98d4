"""An OpenID Connect provider, asked over HTTP: authorization code with PKCE (RFC 7636).

The calls block; `Edge.run` is where they are made: there a green thread waits in the embedded profile,
and a native one in production.
"""

import base64
import hashlib
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import structlog

from services.gateway.clients.id_token import UnknownKey, WrongIdToken, claims_of
from services.gateway.domain.reason import Reason
from services.gateway.ports import Identity, ProviderRefused, Visit
from shared.kernel.errors import Unavailable
from shared.runtime.settings import Settings

log = structlog.get_logger()

SCOPE = "openid profile"
# What it says of itself and its keys; a key that is not known is looked for at once.
REMEMBERED_S = 600.0
_ANSWER_S = 5.0
# OpenID Connect Core 1.0, 2: at most 255 ASCII characters.
_SUBJECT = re.compile(r"[ -~]{1,255}")


class OidcProvider:
    """The provider that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.oidc_issuer or ""
        self._client_id = settings.oidc_client_id or ""
        self._secret_file = settings.oidc_client_secret_file
        self._account_claim = settings.oidc_account_claim
        self._about: tuple[float, dict[str, Any]] = (0.0, {})
        self._keys: tuple[float, list[dict[str, Any]]] = (0.0, [])
        self._http = httpx.Client(
            timeout=_ANSWER_S,
            # A proxy for the world outside is none for a provider on this machine.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
        )

    def address_for(self, visit: Visit, *, state: str, redirect_uri: str) -> str:
        """Return where the browser goes; raises `Unavailable`."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(visit.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": visit.nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        address = str(self._told()["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def identity(self, code: str, visit: Visit, *, redirect_uri: str) -> Identity:
        """Return who came back with *code*.

        Raises:
            ProviderRefused: it does not take the code, or says something that is wrong.
            Unavailable: it does not answer.
        """
        tokens = self._exchanged(code, visit, redirect_uri)
        access_token, id_token = str(tokens.get("access_token")), str(tokens.get("id_token"))
        try:
            claims = self._claims(id_token, access_token, visit.nonce)
        except WrongIdToken as wrong:
            log.warning("id_token_refused", reason=str(wrong))
            raise ProviderRefused(Reason.ID_TOKEN_WRONG) from None
        subject = claims["sub"]
        if not isinstance(subject, str) or _SUBJECT.fullmatch(subject) is None:
            raise ProviderRefused(Reason.ID_TOKEN_WRONG)
        account = claims.get(self._account_claim)
        if account is None:
            account = self._more_about(subject, access_token).get(self._account_claim)
        return Identity(
            issuer=self.issuer,
            subject=subject,
            account=account if isinstance(account, str) else None,
        )

    def _claims(self, id_token: str, access_token: str, nonce: str) -> dict[str, Any]:
        said = {
            "issuer": self.issuer,
            "client_id": self._client_id,
            "nonce": nonce,
            "access_token": access_token,
        }
        try:
            return claims_of(id_token, keys=self._signing_keys(), **said)
        except UnknownKey:
            self._keys = (0.0, [])
            return claims_of(id_token, keys=self._signing_keys(), **said)

    def _exchanged(self, code: str, visit: Visit, redirect_uri: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": visit.verifier,
        }
        about = self._told()
        methods = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        auth: httpx.Auth | None = None
        if self._secret_file is None:
            form["client_id"] = self._client_id
        elif "client_secret_basic" in methods:
            # Form-encoded first (RFC 6749, 2.3.1).
            auth = httpx.BasicAuth(quote_plus(self._client_id), quote_plus(self._secret()))
        else:
            form |= {"client_id": self._client_id, "client_secret": self._secret()}
        return self._asked("POST", str(about["token_endpoint"]), data=form, auth=auth)

    def _more_about(self, subject: str, access_token: str) -> Mapping[str, Any]:
        address = self._told().get("userinfo_endpoint")
        if address is None:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        told = self._asked("GET", str(address), headers=headers)
        # Of somebody else it would be of no use, or an attack (5.3.2).
        if told.get("sub") != subject:
            raise ProviderRefused(Reason.ID_TOKEN_WRONG)
        return told

    def _told(self) -> dict[str, Any]:
        """Return what the provider says of itself (OpenID Connect Discovery 1.0, 4)."""
        until, about = self._about
        if time.monotonic() >= until:
            address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            about = self._asked("GET", address)
            needed = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
            if about.get("issuer") != self.issuer or not needed <= about.keys():
                log.warning("provider_refused", reason="its configuration is another issuer's")
                raise _away()
            self._about = time.monotonic() + REMEMBERED_S, about
        return about

    def _signing_keys(self) -> list[dict[str, Any]]:
        until, keys = self._keys
        if time.monotonic() >= until:
            told = self._asked("GET", str(self._told()["jwks_uri"])).get("keys")
            keys = [key for key in told if isinstance(key, dict)] if isinstance(told, list) else []
            self._keys = time.monotonic() + REMEMBERED_S, keys
        return keys

    def _asked(self, method: str, address: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, address, **options)
            if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise _away()
            told = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("provider_away", reason=type(error).__name__)
            raise _away() from None
        if not answer.is_success or not isinstance(told, dict):
            log.warning("provider_refused", status=answer.status_code)
            raise ProviderRefused(Reason.PROVIDER_REFUSED)
        return told

    def _secret(self) -> str:
        # Read each time: it may be changed without stopping.
        try:
            return "" if self._secret_file is None else self._secret_file.read_text().strip()
        except OSError as error:
            log.warning("client_secret_unreadable", reason=type(error).__name__)
            raise _away() from None


def _away() -> Unavailable:
    return Unavailable(
        code="provider_away",
        zh="统一身份认证暂时不可用，请稍后再试，或用账号和密码登录。",
        en="The identity provider is away for now; try again later, or sign in with account and password.",
    )
