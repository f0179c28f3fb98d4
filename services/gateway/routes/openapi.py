"""The OpenAPI document: FastAPI's, with our problem details in place of its own errors."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from services.gateway.routes.documents import Problem, problems

# `ogc_door.py` and `open311_door.py` answer there.
_OF_STANDARDS = ("/ogc/", "/open311/")
_TEMPLATE = "#/components/schemas/{model}"
DESCRIPTION = """网格化管理与矛盾纠纷化解平台的对外接口。 · The interface of the platform for grid management and
dispute mediation.

- 登录：`POST /api/v1/auth/token`，令牌放入 `Authorization: Bearer`。 · Sign in there; send the token in that header.
- 错误：`application/problem+json`（RFC 9457），中英文各一份。 · Errors are problem details in both languages;
  `title` and `detail` follow `Accept-Language`, Chinese by default.
- 写操作可带 `Idempotency-Key`：同键同内容，只做一次，答复相同。 · Writes take `Idempotency-Key`: the same key and body
  are done once and answered the same; the same key with another body is refused (422).
- 列表：`limit`（至多 200）与 `cursor`。 · Lists take `limit` (at most 200) and `cursor`.
- 时间：RFC 3339，须带时区。坐标：度，`crs` 默认 `wgs84`。 · Times are RFC 3339 with offset; points are in degrees.
- 每个答复都有 `X-Call-Id`，报障时请附上。 · Every answer has `X-Call-Id`; quote it when something is wrong.
"""


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """Return the document of *app*'s routes."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=app.description,
        routes=app.routes,
    )
    _say_what_no_route_sees(document)
    _leave_out_what_standards_do_not_say(document)
    problem = TypeAdapter(Problem).json_schema(ref_template=_TEMPLATE)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    return document


def _say_what_no_route_sees(document: dict[str, Any]) -> None:
    """Say of every operation that there may be one request too many, and an address too long."""
    for status, told in problems(414, 429).items():
        for operations in document.get("paths", {}).values():
            for operation in operations.values():
                operation["responses"].setdefault(str(status), told)


def _leave_out_what_standards_do_not_say(document: dict[str, Any]) -> None:
    """Take back the 422 that FastAPI says of whatever has parameters: in these interfaces it is 400."""
    for path, operations in document.get("paths", {}).items():
        if path.startswith(_OF_STANDARDS):
            for operation in operations.values():
                operation["responses"].pop("422", None)
