"""What of a personal field may be seen, whatever is done with it."""

import copy
import json
import logging
from dataclasses import dataclass, replace

import orjson
import pytest
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from shared.kernel.personal_data import (
    CLEAR,
    Address,
    BankAccount,
    FreeText,
    IdNumber,
    Masked,
    PersonName,
    Phone,
    plain,
)

EACH = [
    (PersonName, "张三丰", "张*"),
    (Phone, "13812345678", "138****5678"),
    (Phone, "2331234", "****34"),
    (Phone, "110", "****"),
    (IdNumber, "42080219850412123X", "420802********123X"),
    (IdNumber, "420802850412123", "420802******123"),
    (IdNumber, "G12345678", "********"),
    (Address, "荆门市东宝区泉口街道象山大道12号", "荆门市东宝区泉口街道***"),
    (Address, "湖北省荆门市东宝区某处", "湖北省荆门市***"),
    (Address, "象山大道12号", "***"),
    (BankAccount, "6222020200112233445", "****"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: PersonName
    note: FreeText


PERSON = Person(name=PersonName("张三丰"), note=FreeText("李四在场"))


class TestMask:
    @pytest.mark.parametrize(("kind", "given", "masked"), EACH)
    def test_is_as_the_rules_say(self, kind: type[Masked], given: str, masked: str) -> None:
        assert kind(given).masked == masked
        assert kind(given).plain == given

    @pytest.mark.parametrize(("kind", "given", "masked"), EACH)
    def test_is_all_that_shows_however_it_is_written(
        self, kind: type[Masked], given: str, masked: str
    ) -> None:
        field = kind(given)
        written = [
            f"{field} {field!s} {field!r} {field:>40}",
            "%s" % field,  # noqa: UP031 – as a log line is
            "".join([field, "", field[:]]),
            orjson.dumps({"field": field}).decode(),
            json.dumps(field, ensure_ascii=False),
            str(to_jsonable_python({"field": [field]})),
            str(ValueError(field)),
            logging.makeLogRecord({"msg": "%s", "args": (field,)}).getMessage(),
        ]

        assert all(masked in text for text in written)
        assert all(given not in text for text in written)


class TestMasked:
    def test_is_the_same_as_another_of_the_same_text(self) -> None:
        assert Phone("13812345678") == Phone("13812345678")
        assert hash(Phone("13812345678")) == hash(Phone("13812345678"))

    @pytest.mark.parametrize("other", [Phone("13800005678"), "138****5678", "13812345678"])
    def test_is_not_the_same_as_what_only_looks_like_it(self, other: str) -> None:
        assert Phone("13812345678") != other

    def test_stays_itself_when_copied(self) -> None:
        for again in (
            copy.deepcopy(PERSON),
            copy.copy(PERSON),
            replace(PERSON, note=FreeText("")),
            Person(name=PersonName(PERSON.name), note=FreeText("")),
        ):
            assert again.name.plain == "张三丰"

    def test_is_written_in_clear_where_that_is_asked_for_alone(self) -> None:
        adapter = TypeAdapter(Person)

        assert adapter.dump_python(PERSON, mode="json")["name"] == "张*"
        assert adapter.dump_python(PERSON, mode="json", context=CLEAR)["name"] == "张三丰"

    def test_is_read_from_plain_text(self) -> None:
        person = TypeAdapter(Person).validate_python({"name": "张三丰", "note": "李四在场"})

        assert person == PERSON


class TestFreeText:
    def test_is_not_printed(self) -> None:
        assert "李四" not in f"{PERSON} {PERSON.note} {PERSON.note!s} {ValueError(PERSON.note)}"

    def test_made_of_another_one_is_the_same_text(self) -> None:
        assert plain(FreeText(PERSON.note)) == "李四在场"

    def test_is_read_as_text(self) -> None:
        assert plain(PERSON.note) == "李四在场"
        assert PERSON.note == "李四在场"
        assert TypeAdapter(Person).dump_python(PERSON, mode="json")["note"] == "李四在场"


@pytest.mark.parametrize(
    "given", ["13812345678", "138 1234 5678", "+86 138-1234-5678", "008613812345678"]
)
def test_a_phone_is_looked_for_by_its_digits_alone(given: str) -> None:
    assert Phone(given).normal == "13812345678"
