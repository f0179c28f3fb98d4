"""The refusals every service may give, in the field's words and both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One wrong field, row or feature: where it is, what is wrong, and how to mend it.

    `field` is a dotted path ("location.lon"); `code` is stable and machine-readable.
    """

    field: str
    code: str
    zh: str
    en: str


@dataclass(eq=False, kw_only=True)
class Refusal(Exception):
    """Something asked of a service that it will not do, and why.

    `code` is stable and machine-readable; `zh` and `en` say to a person what is wrong and what
    to do. Nothing in a refusal may be personal data: it is logged and shown.
    """

    code: str
    zh: str
    en: str
    errors: Sequence[FieldError] = field(default_factory=tuple)
    kind: ClassVar[str] = "refusal"

    def __post_init__(self) -> None:
        super().__init__(self.code, self.en)

    def __str__(self) -> str:
        return f"{self.code}: {self.en}"

    def to_wire(self) -> dict[str, Any]:
        """Return the refusal as JSON-ready values, to cross an RPC."""
        return {
            "kind": self.kind,
            "code": self.code,
            "zh": self.zh,
            "en": self.en,
            "errors": [asdict(error) for error in self.errors],
        }


@dataclass(eq=False, kw_only=True)
class RuleBroken(Refusal):
    """A rule of the field refuses: wrong state, past a deadline, not this person's to do (409)."""

    kind: ClassVar[str] = "rule_broken"


@dataclass(eq=False, kw_only=True)
class Invalid(Refusal):
    """A value is wrong; `errors` says which fields (422)."""

    kind: ClassVar[str] = "invalid"


@dataclass(eq=False, kw_only=True)
class NotFound(Refusal):
    """There is nothing of that id or code that the caller may see (404)."""

    kind: ClassVar[str] = "not_found"


@dataclass(eq=False, kw_only=True)
class Forbidden(Refusal):
    """The caller's role or place does not reach this (403)."""

    kind: ClassVar[str] = "forbidden"


@dataclass(eq=False, kw_only=True)
class Unavailable(Refusal):
    """A service, the broker or a database is away for now; asking again later may succeed (503)."""

    kind: ClassVar[str] = "unavailable"


REFUSALS: dict[str, type[Refusal]] = {
    kind.kind: kind for kind in (RuleBroken, Invalid, NotFound, Forbidden, Unavailable)
}


def from_wire(refusal: Mapping[str, Any]) -> Refusal:
    """Return the refusal that `to_wire` put into JSON-ready values."""
    return REFUSALS[refusal["kind"]](
        code=refusal["code"],
        zh=refusal["zh"],
        en=refusal["en"],
        errors=tuple(FieldError(**error) for error in refusal["errors"]),
    )
