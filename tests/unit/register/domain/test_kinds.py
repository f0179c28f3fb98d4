"""What each kind of record says, held against its table: each field it needs, has and knows nothing of."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from services.register.domain.kinds import KINDS, wrong_in
from services.register.domain.record import CLEAR_FIELDS, PERSONAL_FIELDS
from shared.contracts.register import RecordKind, RecordPersonalData, RecordSaid
from shared.kernel.personal_data import Address, IdNumber, PersonName, Phone
from tests.builders.register import a_citizen_number, a_credit_code

FIELDS = (*CLEAR_FIELDS, *(f"personal.{name}" for name in PERSONAL_FIELDS))
VALUES: dict[str, Any] = {
    "name": "象山五金店",
    "type": "other",
    "source_no": "7",
    "credit_code": a_credit_code(),
    "rented": False,
    "personal.name": PersonName("张三"),
    "personal.id_number": IdNumber(a_citizen_number()),
    "personal.phone": Phone("13812345678"),
    "personal.address": Address("象山大道12号"),
}


def saying(kind: RecordKind, *fields: str) -> RecordSaid:
    """Return what says just these fields, of a type the kind has."""
    said = RecordSaid()
    for field in fields:
        value: Any = next(iter(KINDS[kind].types)) if field == "type" else VALUES[field]
        part, _, name = field.rpartition(".")
        if part:
            said = replace(said, personal=replace(said.personal, **{name: value}))
        else:
            said = replace(said, **{name: value})
    return said


def found(kind: RecordKind, *fields: str) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in wrong_in(kind, saying(kind, *fields))]


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_a_kind_knows_is_good(kind: RecordKind) -> None:
    assert found(kind, *KINDS[kind].knows) == []
    assert found(kind, *KINDS[kind].needs) == []


@pytest.mark.parametrize(("kind", "field"), list(product(KINDS, FIELDS)))
def test_what_it_needs_is_missed_and_what_it_knows_nothing_of_is_refused(
    kind: RecordKind, field: str
) -> None:
    rule = KINDS[kind]
    without = found(kind, *(rule.knows - {field}))
    beside = found(kind, *(rule.knows | {field}))

    assert without == ([(field, "missing")] if field in rule.needs else [])
    assert beside == ([] if field in rule.knows else [(field, "not_of_kind")])


def test_what_a_record_has_already_is_not_missed() -> None:
    said = RecordSaid(type="floating", personal=RecordPersonalData())

    assert list(wrong_in("person", said, keeps=frozenset({"personal.name"}))) == []


def test_each_word_has_its_chinese() -> None:
    assert all(zh for rule in KINDS.values() for zh in (rule.zh, *rule.types.values()))
