"""A refusal of the platform as the command line tells it."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from deploy.cli.cannot_do import CannotDo


class Refused(CannotDo):
    """The platform says no: `code` is stable, `errors` name the fields."""

    def __init__(
        self, status: int, code: str, zh: str, en: str, errors: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        details = [f"{error['field']}: {error['zh']} · {error['en']}" for error in errors]
        super().__init__(f"平台拒绝（{status} {code}）：{zh}", en, details)
        self.status = status
        self.code = code
        self.said = (zh, en)
        self.errors = tuple(errors)


class Away(CannotDo):
    """The platform does not answer, or says that it cannot for now."""


def refused(answer: httpx.Response) -> Refused:
    """Return what a problem document (RFC 9457) says; of anything else, that it is none."""
    told = _document(answer)
    if "code" not in told:
        return Refused(
            answer.status_code,
            "not_wangge",
            f"{answer.url} 的答复不是本平台的格式；请检查 --url。",
            f"{answer.url} does not answer as this platform does; look at --url.",
        )
    return Refused(
        answer.status_code,
        str(told["code"]),
        str(told.get("zh") or told.get("detail") or told.get("title") or ""),
        str(told.get("en") or told.get("detail") or told.get("title") or ""),
        [error for error in told.get("errors") or () if {"field", "zh", "en"} <= error.keys()],
    )


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
