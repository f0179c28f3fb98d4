"""The platform's API as the command line asks it: signed in, patient, each write under a key.

A write may be sent twice, when its answer was lost on the way: the same Idempotency-Key makes the
platform do it once and answer twice the same.
"""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from deploy.cli.cannot_do import CannotDo
from deploy.cli.credentials import Credentials, one_time_code
from deploy.cli.patience import Patience
from deploy.cli.problem import Away, Refused, refused

ROOT = "/api/v1"
_AWAY = frozenset({429, 502, 503, 504})
_ANSWER_S = 30.0
# The first may have been fetched by another thread, and have expired as well.
_TOKENS_RENEWED = 2


class _NoAnswer(Exception):
    """A try that came to nothing; `after_s` is when the server wants the next."""

    def __init__(self, why: CannotDo, after_s: float | None = None) -> None:
        super().__init__(str(why))
        self.why = why
        self.after_s = after_s


class Api:
    """One account's way to the platform at *url*; may be used by several threads.

    A request without an answer (no connection, 429, 502–504) is tried again for `patience_s`
    seconds; `on_wait` is told the reason. An expired token is renewed.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        patience_s: float = 0,
        connections: int = 4,
        on_wait: Callable[[CannotDo], None] = lambda _: None,
    ) -> None:
        self._url = _checked(url)
        self._credentials = credentials
        self._patience_s = patience_s
        self._on_wait = on_wait
        self._stopped = threading.Event()
        self._turn = threading.Lock()
        self._token: str | None = None
        self._refresh_token: str | None = None
        self.server_time = datetime.now(UTC)
        """The server's clock when it let us in, in whole seconds."""
        self._http = httpx.Client(
            base_url=self._url + ROOT,
            timeout=_ANSWER_S,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            # A proxy for the world outside is none for a platform on this machine.
            mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
        )

    def get(self, path: str, **parameters: Any) -> Any:
        """Return what the platform answers.

        Raises:
            Refused: it says no.
            Away: it does not answer.
        """
        asked = {name: value for name, value in parameters.items() if value is not None}
        return self._ask("GET", path, params=asked)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> Any:
        """Send a write, under *key* or else one of its own; return and raise as `get` does."""
        headers = {"Idempotency-Key": key or f"cli:{uuid.uuid4()}"}
        if body is not None:
            options["json"] = body
        return self._ask("POST", path, headers=headers, **options)

    def sign_in(self) -> None:
        """Sign in, unless that has been done."""
        self._patiently(self._signed_in)

    def stop(self) -> None:
        """Give up waiting: requests under way are the last tries."""
        self._stopped.set()

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        return self._patiently(lambda: self._once(method, path, **options))

    def _patiently(self, tried: Callable[[], Any]) -> Any:
        patience = Patience(self._patience_s)
        while True:
            try:
                return tried()
            except _NoAnswer as none:
                pause_s = patience.pause_s(none.after_s)
                if pause_s is None or self._stopped.is_set():
                    raise self._given_up(none.why) from None
                self._on_wait(none.why)
                self._stopped.wait(pause_s)

    def _given_up(self, why: CannotDo) -> CannotDo:
        """Return why to give up: on a platform that is ready only this request fails, not all."""
        if self._patience_s and not self._stopped.is_set() and self._is_ready():
            return Refused(0, "no_answer", why.zh, why.en) if isinstance(why, Away) else why
        return Away(why.zh, why.en)

    def _is_ready(self) -> bool:
        try:
            return self._http.get(f"{self._url}/readyz").is_success
        except httpx.HTTPError:
            return False

    def _once(self, method: str, path: str, **options: Any) -> Any:
        token = self._signed_in()
        answer = self._sent(method, path, token, **options)
        for _ in range(_TOKENS_RENEWED):
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                break
            token = self._signed_in(instead_of=token)
            answer = self._sent(method, path, token, **options)
        if answer.is_success:
            return self._read(answer)
        raise refused(answer)

    def _sent(self, method: str, path: str, token: str | None, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            answer = self._http.request(method, path, headers=headers, **options)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _NoAnswer(self._unreachable(error)) from None
        if answer.status_code in _AWAY:
            raise _NoAnswer(refused(answer), _retry_after_s(answer))
        return answer

    def _signed_in(self, instead_of: str | None = None) -> str:
        """Return a token that is not *instead_of*, which has expired; one thread fetches it for all."""
        with self._turn:
            if self._token is None or self._token == instead_of:
                self._token = self._new_token()
            return self._token

    def _new_token(self) -> str:
        answer = self._renewed() or self._with_password()
        if not answer.is_success:
            raise refused(answer)
        if self._token is None and "date" in answer.headers:
            self.server_time = parsedate_to_datetime(answer.headers["date"])
        tokens = self._read(answer)
        self._refresh_token = tokens.get("refresh_token")
        return str(tokens["access_token"])

    def _renewed(self) -> httpx.Response | None:
        """Go on with the sign-in, so that nobody has to be asked for a code again."""
        if self._refresh_token is None:
            return None
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        answer = self._sent("POST", "/auth/token", None, data=form)
        return answer if answer.is_success else None

    def _with_password(self) -> httpx.Response:
        form = {
            "grant_type": "password",
            "username": self._credentials.account,
            "password": self._credentials.password,
        }
        answer = self._sent("POST", "/auth/token", None, data=form)
        if answer.is_success or refused(answer).code != "second_factor_needed":
            return answer
        second = {
            "grant_type": "second_factor",
            "challenge_token": self._read(answer)["challenge_token"],
            "otp": one_time_code(self._credentials.account),
        }
        return self._sent("POST", "/auth/token", None, data=second)

    def _read(self, answer: httpx.Response) -> Any:
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise refused(answer) from None

    def _unreachable(self, error: Exception) -> Away:
        return Away(
            f"无法连接 {self._url}；请确认平台已启动（wangge run），或用 --url 指定地址。",
            f"Cannot reach {self._url} ({str(error) or type(error).__name__}); "
            "see that the platform runs (wangge run), or name its address with --url.",
        )


def _retry_after_s(answer: httpx.Response) -> float | None:
    """Return the seconds of `Retry-After`; its other form, a date, is not worth a clock's error."""
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None


def _checked(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise CannotDo(
            f"--url {url} 不是网址；请写成 http://主机:端口。",
            f"--url {url} is no address; write it as http://host:port.",
        )
    return str(parsed).rstrip("/")
