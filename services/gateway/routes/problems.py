"""Problem details (RFC 9457) for whatever is refused, in both languages.

`title` and `detail` are in the language the client prefers, Chinese by default; `zh` and `en` hold
the detail in each. `code` is stable; `errors` names each wrong field with its own code and texts;
`call_id` finds the call in the logs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
import structlog
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.domain.kept_file import NotSupported
from services.gateway.domain.not_signed_in import NotSignedIn
from services.gateway.routes.language import preferred_language
from shared.kernel.errors import (
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    RuleBroken,
    Unavailable,
)
from shared.runtime.answering import field_error
from shared.runtime.database_errors import is_away, refusal_of

log = structlog.get_logger()

STATUSES = {
    RuleBroken.kind: 409,
    Invalid.kind: 422,
    NotFound.kind: 404,
    Forbidden.kind: 403,
    Unavailable.kind: 503,
    NotSignedIn.kind: 401,
    NotSupported.kind: 415,
}
TITLES = {
    400: ("请求格式有误", "Malformed request"),
    401: ("未登录", "Not signed in"),
    403: ("无权操作", "Not allowed"),
    404: ("未找到", "Not found"),
    405: ("不支持该方法", "Method not allowed"),
    409: ("规则不允许", "Refused by a rule"),
    413: ("内容过大", "Content too large"),
    414: ("地址过长", "Address too long"),
    415: ("不支持的内容类型", "Unsupported media type"),
    422: ("字段有误", "A field is wrong"),
    429: ("请求过于频繁", "Too many requests"),
    431: ("请求头过多", "Too many headers"),
    503: ("暂时不可用", "Unavailable for now"),
}
RETRY_AFTER_S = 5
# Where FastAPI says a value came from; a client knows its fields by their names alone.
_PARTS = frozenset({"body", "query", "path", "header", "cookie"})


class HttpRefusal(HTTPException):
    """A refusal of the edge itself, which has no meaning to the services behind."""

    def __init__(
        self,
        status: int,
        *,
        code: str,
        zh: str,
        en: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail=en, headers=headers)
        self.code, self.zh, self.en, self.errors = code, zh, en, errors


def malformed(zh: str, en: str, code: str = "malformed") -> HttpRefusal:
    return HttpRefusal(400, code=code, zh=zh, en=en)


def too_large(limit_bytes: int) -> HttpRefusal:
    limit = f"{limit_bytes / (1 << 20):g} MB"
    return HttpRefusal(
        413,
        code="too_large",
        zh=f"内容超过 {limit} 的上限。",
        en=f"The content is larger than the limit of {limit}.",
    )


def wrong_media_type(expected: str) -> HttpRefusal:
    return HttpRefusal(
        415,
        code="media_type",
        zh=f"内容类型应为 {expected}，编码为 UTF-8。",
        en=f"The content type has to be {expected}, in UTF-8.",
    )


def no_such_thing() -> NotFound:
    return NotFound(
        code="no_such_thing",
        zh="没有这个编号的内容，或它不在您的辖区之内。",
        en="There is nothing of that id under your place.",
    )


def wrong_field(field: str, code: str, zh: str, en: str) -> Invalid:
    return Invalid(
        code="invalid",
        zh="有字段不合要求，详见 errors。",
        en="Some fields are wrong; see errors.",
        errors=(FieldError(field=field, code=code, zh=zh, en=en),),
    )


def problem(
    status: int,
    *,
    code: str,
    zh: str,
    en: str,
    errors: Sequence[FieldError] = (),
    call_id: str = "",
    accept_language: str | None = None,
    **more: str,
) -> Response:
    """Return a refusal as the client gets it."""
    language = preferred_language(accept_language)
    title_zh, title_en = TITLES.get(status, TITLES[400])
    body = {
        "type": f"urn:wangge:problem:{code}",
        "title": title_zh if language == "zh" else title_en,
        "status": status,
        "detail": zh if language == "zh" else en,
        "code": code,
        "zh": zh,
        "en": en,
        "errors": [asdict(error) for error in errors],
        "call_id": call_id,
    } | more
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return Response(
        orjson.dumps(body), status, headers=headers, media_type="application/problem+json"
    )


async def on_refusal(request: Request, refusal: Any) -> Response:
    """Answer what a service or the edge said no to."""
    challenge = getattr(refusal, "challenge", None)
    answer = _shown(
        request,
        STATUSES[refusal.kind],
        code=refusal.code,
        zh=refusal.zh,
        en=refusal.en,
        errors=refusal.errors,
        **({} if challenge is None else {"challenge_token": challenge}),
    )
    if isinstance(refusal, NotSignedIn):
        answer.headers["WWW-Authenticate"] = f'Bearer realm="wangge", error="{refusal.code}"'
    return answer


async def on_database_error(request: Request, error: Any) -> Response:
    """Answer while the gateway's own database is away, or for what it cannot keep."""
    if (told := refusal_of(error)) is None:
        raise error
    # Away, it is away for everybody: no trace for each who asks.
    trace = None if is_away(error) else error
    log.warning("database_refused", code=told.code, reason=type(error).__name__, exc_info=trace)
    return await on_refusal(request, told)


async def on_http_exception(request: Request, refusal: Any) -> Response:
    """Answer what the edge or the framework under it refused."""
    if isinstance(refusal, HttpRefusal):
        told = refusal
    else:
        told = _FRAMEWORKS.get(refusal.status_code, _FRAMEWORKS[400])
    answer = _shown(
        request, told.status_code, code=told.code, zh=told.zh, en=told.en, errors=told.errors
    )
    answer.headers.update(refusal.headers or {})
    return answer


async def on_validation_error(request: Request, error: Any) -> Response:
    """Answer fields that are wrong: each is named, none is quoted."""
    return _shown(
        request,
        422,
        code="invalid",
        zh="有字段不合要求，详见 errors。",
        en="Some fields are wrong; see errors.",
        errors=field_errors(error),
    )


def field_errors(error: Any) -> list[FieldError]:
    """Return what is wrong in a request that FastAPI refuses, by the names the client knows."""
    return [_field_error(detail) for detail in error.errors()]


def _field_error(detail: ErrorDetails) -> FieldError:
    place = detail["loc"]
    if len(place) > 1 and place[0] in _PARTS:
        detail = detail | {"loc": place[1:]}
    return field_error(detail)


def _shown(request: Request, status: int, **told: Any) -> Response:
    return problem(
        status,
        call_id=getattr(request.state, "call_id", ""),
        accept_language=request.headers.get("accept-language"),
        **told,
    )


_FRAMEWORKS = {
    400: malformed(
        "请求无法读懂，请检查格式与编码。",
        "The request cannot be read; check its form and encoding.",
    ),
    404: HttpRefusal(
        404,
        code="no_such_path",
        zh="没有这个路径；可用路径见 /openapi.json。",
        en="There is no such path; /openapi.json lists those there are.",
    ),
    405: HttpRefusal(
        405,
        code="method_not_allowed",
        zh="该路径不支持这个方法；可用方法见 Allow 头。",
        en="The path does not take this method; the header Allow lists those it takes.",
    ),
}
