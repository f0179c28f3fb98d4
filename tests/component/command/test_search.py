"""Whoever looks for a matter finds it by number, place or text, the newest first, in both databases."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.command import wiring
from services.command.domain.matter import opened_by
from services.command.domain.search_entry import Hit, Wanted, entry_of
from services.command.domain.search_words import terms_of
from services.command.queries.search import search
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.errors import Invalid
from shared.kernel.ids import new_id
from shared.runtime.cursor import cursor_of
from shared.runtime.work import Work
from tests.builders.actor import a_citizen, a_duty_officer
from tests.component.command.searching import (
    DAYS,
    FIRST_DAY,
    WORDS,
    tell,
    told_at,
    two_years,
)
from tests.component.district import CELLS, COMMUNITIES, DISTRICT, STREETS
from tests.fakes.command import FakeSearchIndex

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
EVERYWHERE = a_duty_officer(place_code=WHOLE_TREE)


def ask(work: Work, question: str, actor: Actor = EVERYWHERE, **asked: Any) -> dict[str, Any]:
    page = {"limit": 50, "cursor": None} | asked
    return search(work.connection, wiring.search_index(work), question, actor, **page)


def titles(page: dict[str, Any]) -> list[str]:
    return [item["title"] for item in page["items"]]


class TestIndex:
    """Beside looking through every entry plainly."""

    @pytest.fixture
    def told(self) -> FakeSearchIndex:
        """Give more entries than are looked through as they are, of two years."""
        plain = FakeSearchIndex()
        for told in two_years(1_800):
            plain.enter(entry_of(opened_by(told), told.personal.description))
        return plain

    def test_answers_as_looking_through_everything_would(
        self, work: Work, told: FakeSearchIndex
    ) -> None:
        index, chance = wiring.search_index(work), random.Random(11)
        with work.begin():
            for entry in told.entries:
                index.enter(entry)
        work.keep()

        found: list[Hit] = []
        for _ in range(300):
            wanted = self.something(chance)
            limit = chance.choice([1, 5, 50, 400])
            answer = index.newest(wanted, limit=limit)
            assert answer == told.newest(wanted, limit=limit)
            found += answer
        assert len(found) > 3_000

    def something(self, chance: random.Random) -> Wanted:
        words = chance.choices([*WORDS, "环", "1", "l", "境污", "圾环境", "碍", "没有的"], k=2)
        question = " ".join(words[: chance.randint(1, 2)])
        places = [None, DISTRICT, *STREETS, *COMMUNITIES, *CELLS]
        reached = FIRST_DAY + timedelta(days=DAYS * chance.random())
        return Wanted(
            terms=terms_of(question),
            under=chance.choice(places),
            before=chance.choice([None, new_id(reached)]),
        )

    def test_keeps_apart_what_was_told_at_one_moment(self, work: Work) -> None:
        told = [told_at(NOW, number, title="同时") for number in range(1, 40)]
        tell(work, told)

        seen, cursor = [], None
        while True:
            page = ask(work, "同时", limit=7, cursor=cursor)
            seen += [item["subject_id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break

        assert sorted(seen) == sorted(one.incident_id for one in told)


class TestSearch:
    @pytest.fixture
    def told(self, work: Work) -> None:
        """Give four matters of four days, in three cells of two streets."""
        rows = [
            ("路灯不亮", "桥下第三盏", CELLS[0]),
            ("垃圾成堆", "环境脏乱，气味刺鼻", CELLS[0]),
            ("Street lamp", "ＬＥＤ broken", CELLS[1]),
            ("垃圾桶满溢", "", CELLS[7]),
        ]
        days = [NOW + timedelta(days=number) for number in range(len(rows))]
        tell(
            work,
            [
                told_at(day, number, title=title, description=description, cell=cell)
                for number, (day, (title, description, cell)) in enumerate(
                    zip(days, rows, strict=True), start=1
                )
            ],
        )

    @pytest.mark.parametrize(
        ("question", "found"),
        [
            ("垃圾", ["垃圾桶满溢", "垃圾成堆"]),
            ("环境", ["垃圾成堆"]),
            ("灯", ["路灯不亮"]),
            ("路灯不亮", ["路灯不亮"]),
            ("led", ["Street lamp"]),
            ("LAMP", ["Street lamp"]),
            # What people wrote is kept blind: a word of letters or digits is found whole.
            ("LAM", []),
            ("塔影社区第", ["垃圾桶满溢", "Street lamp", "垃圾成堆", "路灯不亮"]),
            ("垃圾 刺鼻", ["垃圾成堆"]),
            ("刺鼻,垃圾！", ["垃圾成堆"]),
            ("塔影社区", ["垃圾桶满溢", "Street lamp", "垃圾成堆", "路灯不亮"]),
            (CELLS[7], ["垃圾桶满溢"]),
            (STREETS[0], ["Street lamp", "垃圾成堆", "路灯不亮"]),
            ("P20261124", ["垃圾成堆"]),
            ("亮路", []),
            ("没有的东西", []),
        ],
    )
    def test_finds_by_text_place_and_part_of_a_number_newest_first(
        self, work: Work, told: None, question: str, found: list[str]
    ) -> None:
        page = ask(work, question)

        assert titles(page) == found
        assert page["next_cursor"] is None

    def test_says_where_it_matched(self, work: Work, told: None) -> None:
        matched = {item["title"]: item["matched"] for item in ask(work, "垃圾")["items"]}
        assert matched == {"垃圾桶满溢": ["title"], "垃圾成堆": ["title"]}
        [item] = ask(work, "垃圾 刺鼻")["items"]
        assert item["matched"] == ["title", "description"]
        [item] = ask(work, CELLS[7])["items"]
        assert item["matched"] == ["place.cell.code"]

    def test_shows_a_matter_as_it_stands_now(self, work: Work, told: None) -> None:
        [item] = ask(work, "环境")["items"]

        assert (item["state"], item["subject"], item["category"]) == ("reported", "incident", "05")
        assert item["place"]["cell"]["code"] == CELLS[0]

    @pytest.mark.parametrize(
        "writing",
        [str, str.lower, lambda no: no.replace("-", ""), lambda no: no[:-1], lambda no: f" {no} "],
    )
    def test_puts_the_matter_of_that_number_first(
        self, work: Work, told: None, writing: Any
    ) -> None:
        number = ask(work, "环境")["items"][0]["matter_no"]
        tell(work, [told_at(NOW + timedelta(days=9), 9, title="重复", description=f"见 {number}")])

        first, *others = ask(work, writing(number))["items"]

        assert (first["matter_no"], first["matched"]) == (number, ["matter_no"])
        assert [item["title"] for item in others] in ([], ["重复"])

    def test_names_it_once_however_long_a_page_is(self, work: Work, told: None) -> None:
        number = ask(work, "环境")["items"][0]["matter_no"]
        later = [NOW + timedelta(days=9, hours=hour) for hour in range(3)]
        tell(work, [told_at(day, 9 + n, title=f"见{number}") for n, day in enumerate(later)])

        for limit in (1, 2, 3, 4, 5):
            seen: list[str] = []
            cursor = None
            while True:
                page = ask(work, number, limit=limit, cursor=cursor)
                seen += [item["matter_no"] for item in page["items"]]
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            assert (seen[0], len(seen), len(set(seen))) == (number, 4, 4)

    def test_finds_nothing_under_a_mistyped_number(self, work: Work, told: None) -> None:
        number = ask(work, "环境")["items"][0]["matter_no"]
        mistyped = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"

        assert ask(work, mistyped)["items"] == []


class TestWhatTheIndexHolds:
    def test_is_no_word_that_anybody_wrote(self, work: Work) -> None:
        tell(work, [told_at(NOW, 1, title="张三丰的 LED", description="电话13812345678")])

        [row] = work.connection.execute(text("SELECT * FROM search_entry")).all()

        for word in ("张", "三", "丰", "led", "138"):
            assert word not in str(row)
        assert "塔影" in str(row)
        assert titles(ask(work, "三丰 13812345678")) == ["张三丰的 LED"]


class TestRights:
    @pytest.fixture
    def told(self, work: Work) -> None:
        tell(work, [told_at(NOW, n, title="垃圾", cell=cell) for n, cell in enumerate(CELLS, 1)])

    @pytest.mark.parametrize(
        ("place", "reached"),
        [
            (WHOLE_TREE, 8),
            (DISTRICT, 8),
            (STREETS[0], 4),
            (COMMUNITIES[1], 2),
            (CELLS[3], 1),
            ("110101", 0),
            ("4208", 0),
            ("a'b \"c", 0),
        ],
    )
    def test_show_what_lies_under_the_actors_place(
        self, work: Work, told: None, place: str, reached: int
    ) -> None:
        actor = a_duty_officer(place_code=place)

        for question in ("垃圾", "420802", "p"):
            assert len(ask(work, question, actor)["items"]) == reached

    def test_show_nothing_to_a_citizen(self, work: Work, told: None) -> None:
        assert ask(work, "垃圾", a_citizen()) == {"items": [], "next_cursor": None}

    def test_hold_for_a_number_too(self, work: Work, told: None) -> None:
        number = ask(work, CELLS[0])["items"][0]["matter_no"]

        assert ask(work, number, a_duty_officer(place_code=CELLS[0]))["items"]
        assert not ask(work, number, a_duty_officer(place_code=CELLS[1]))["items"]

    def test_are_not_had_by_writing_a_mark_into_a_report(self, work: Work) -> None:
        mark = f"@p{CELLS[1]} p{CELLS[1]}"
        tell(work, [told_at(NOW, 1, title=f"垃圾 {mark}", description=mark, cell=CELLS[0])])

        assert not ask(work, "垃圾", a_duty_officer(place_code=CELLS[1]))["items"]

    def test_know_codes_of_the_owners_own_by_their_very_letters(self, work: Work) -> None:
        codes = ["E08 a'b", "e08 a'b", "Ｅ08 a'b"]
        tell(work, [told_at(NOW, n, title="垃圾", cell=code) for n, code in enumerate(codes, 1)])

        for code in codes:
            [item] = ask(work, "垃圾", a_duty_officer(place_code=code))["items"]
            assert item["place"]["cell"]["code"] == code


class TestPages:
    def test_hold_every_matter_once_in_the_order_of_time(self, work: Work) -> None:
        tell(work, two_years(900, seed=3))
        every = ask(work, "垃圾", limit=200)
        assert every["next_cursor"] is not None

        seen: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = ask(work, "垃圾", limit=70, cursor=cursor)
            seen += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break

        ids = [item["subject_id"] for item in seen]
        assert ids == sorted(set(ids), reverse=True)
        assert seen[:200] == every["items"]
        assert all("垃圾" in item["title"] or "description" in item["matched"] for item in seen)

    @pytest.mark.parametrize("limit", [0, -1, 201])
    def test_are_not_of_any_length(self, work: Work, limit: int) -> None:
        with pytest.raises(Invalid):
            ask(work, "垃圾", limit=limit)

    @pytest.mark.parametrize(
        "cursor",
        ["", "?", cursor_of(1), cursor_of("x"), cursor_of("a", "b"), cursor_of("\0" * 36), "é"],
    )
    def test_begin_where_the_last_ended_and_nowhere_else(self, work: Work, cursor: str) -> None:
        with pytest.raises(Invalid) as refusal:
            ask(work, "垃圾", cursor=cursor)

        assert [error.field for error in refusal.value.errors] == ["cursor"]

    @pytest.mark.parametrize(
        "question", ["a' OR 1=1 --", '垃圾" OR words:x', "a:*", "x <-> & y", "1\\", "垃圾%_"]
    )
    def test_take_signs_of_the_database_for_punctuation(self, work: Work, question: str) -> None:
        tell(work, [told_at(NOW, 1, title="路灯")])

        assert ask(work, question)["items"] == []
