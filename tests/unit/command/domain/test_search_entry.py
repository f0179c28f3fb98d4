"""What of a matter can be found, and what it says about who may find it."""

from dataclasses import replace

from services.command.domain.matter import opened_by
from services.command.domain.search_entry import (
    MARK,
    entry_of,
    matched_fields,
    place_mark,
)
from services.command.domain.search_words import terms_of
from tests.builders.place import outside
from tests.builders.told import INCIDENT_ID, an_incident_reported

FIELDS = {"title": "垃圾成堆", "description": "张三家门口有垃圾", "place.cell.name": "Leeds 01A"}


class TestEntryOf:
    def test_holds_number_texts_and_places(self) -> None:
        entry = entry_of(opened_by(an_incident_reported()), "张三家门口")

        assert {"垃圾", "门口"} <= set(entry.texts)
        assert {"20261123", "area", "420802001013"} <= set(entry.names)

    def test_keeps_what_people_wrote_apart_from_what_is_nobodys_secret(self) -> None:
        entry = entry_of(opened_by(an_incident_reported()), "张三家门口")

        assert not {"张三", "门口", "垃圾"} & set(entry.names)

    def test_is_marked_with_its_places_and_its_time(self) -> None:
        entry = entry_of(opened_by(an_incident_reported()), "")

        assert entry.marks == (
            "@p420802",
            "@p420802001",
            "@p420802001013",
            "@p420802001013001",
            f"@{INCIDENT_ID[:5]}",
            f"@{INCIDENT_ID[:4]}",
        )

    def test_of_what_lies_outside_has_no_mark_of_a_place(self) -> None:
        matter = opened_by(an_incident_reported(place=outside()))

        assert len(entry_of(matter, "").marks) == 2

    def test_gives_nobody_a_mark_by_what_he_writes(self) -> None:
        matter = replace(opened_by(an_incident_reported()), title="@p110101 ＠p110101")

        entry = entry_of(matter, "@p110101")
        words = entry.texts + entry.names

        assert {word for word in words if word.startswith(MARK)} == {MARK}


class TestPlaceMark:
    def test_tells_codes_of_every_writing_apart(self) -> None:
        codes = ["420802", "E08", "e08", "Ｅ08", "4208'02", "x453038", "a b", "٤٢"]

        assert len({place_mark(code) for code in codes}) == len(codes)
        assert all(place_mark(code)[1:].isalnum() for code in codes)


class TestMatchedFields:
    def test_names_the_fields_that_hold_one_of_the_terms(self) -> None:
        assert matched_fields(terms_of("垃圾"), FIELDS) == ["title", "description"]
        assert matched_fields(terms_of("成堆 张三"), FIELDS) == ["title", "description"]
        assert matched_fields(terms_of("LEEDS"), FIELDS) == ["place.cell.name"]
        assert matched_fields(terms_of("eds"), FIELDS) == []

    def test_names_a_text_for_a_whole_word_or_the_beginning_of_a_pair(self) -> None:
        fields = FIELDS | {"title": "LED 路灯"}

        assert matched_fields(terms_of("led"), fields) == ["title"]
        assert matched_fields(terms_of("路"), fields) == ["title"]
        assert matched_fields(terms_of("le"), fields) == ["place.cell.name"]
