"""How one record stands to another, for a time: who lives where, who owns what, who looks after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared.contracts.register import RecordKind, RelationKind

_ALL: frozenset[RecordKind] = frozenset(
    {"person", "house", "unit", "key_place", "facility", "organisation"}
)
# Of which kinds to which; who is responsible is an account and no record.
RELATIONS: Mapping[RelationKind, tuple[frozenset[RecordKind], frozenset[RecordKind]]] = {
    "lives_in": (frozenset({"person"}), frozenset({"house"})),
    "owns": (
        frozenset({"person", "unit", "organisation"}),
        frozenset({"house", "unit", "key_place", "facility"}),
    ),
    "works_at": (frozenset({"person"}), frozenset({"unit", "key_place", "organisation"})),
    "responsible": (frozenset(), _ALL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One relation; it ends with `until` and stays on record."""

    relation_id: str
    kind: RelationKind
    of_id: str | None
    account: str | None
    to_id: str
    since: date
    until: date | None = None

    @property
    def is_open(self) -> bool:
        return self.until is None
