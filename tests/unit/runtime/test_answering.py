"""Typed doors: what an annotation reads, what it refuses, and in which words."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import pytest
from annotated_types import MaxLen
from sqlalchemy.exc import OperationalError

from shared.kernel.errors import NotFound
from shared.kernel.place import Point
from shared.kernel.rights import Permission
from shared.runtime.answering import answering
from shared.runtime.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    note: Annotated[str, MaxLen(5)]
    point: Point
    at: datetime | None = None


@dataclass
class FakeWork:
    closed: int = 0

    def close(self) -> None:
        self.closed += 1


def questioned(method: Callable[..., Any]) -> Callable[..., Any]:
    return answering(method, (Permission.SERVICE_RECORDS,))


@dataclass
class Serving:
    """Whoever calls may."""

    def show_passport(self) -> None: ...


@dataclass
class Service:
    call: Call = field(default_factory=Call)
    serving: Serving = field(default_factory=Serving)
    work: FakeWork = field(default_factory=FakeWork)

    @questioned
    def take(self, order: Order, times: int = 1) -> dict[str, Any]:
        return {"order": order, "times": times}

    @questioned
    def find(self) -> None:
        raise NotFound(code="no_such_thing", zh="没有", en="There is none.")

    @questioned
    def fail(self) -> None:
        raise ValueError("张三 lives here")

    @questioned
    def ask_the_database(self) -> None:
        raise OperationalError("select 1", {}, Exception("it is away"))


@pytest.fixture
def service() -> Service:
    return Service()


def errors_of(answer: Any) -> dict[str, dict[str, str]]:
    assert answer["refusal"]["kind"] == "invalid"
    assert answer["refusal"]["code"] == "invalid"
    return {error["field"]: error for error in answer["refusal"]["errors"]}


class TestReadingDoor:
    def test_reads_what_comes_and_writes_what_goes_out(self, service: Service) -> None:
        answer = service.take(
            order={
                "note": "好",
                "point": {"lon": 1, "lat": "2.5"},
                "at": "2026-11-23T08:00:00+08:00",
            },
            times="3",
        )

        assert answer == {
            "answer": {
                "order": {
                    "note": "好",
                    "point": {"lon": 1.0, "lat": 2.5, "crs": "wgs84", "accuracy_m": None},
                    "at": "2026-11-23T08:00:00+08:00",
                },
                "times": 3,
            }
        }

    def test_names_each_wrong_field_by_its_path_in_both_languages(self, service: Service) -> None:
        answer = service.take(order={"note": "far too long", "point": {"lon": "x"}})

        errors = errors_of(answer)
        assert {path: error["code"] for path, error in errors.items()} == {
            "order.note": "string_too_long",
            "order.point.lon": "float_parsing",
            "order.point.lat": "missing",
        }
        assert errors["order.point.lat"]["zh"] == "缺少必填字段"
        assert all(error["zh"] and error["en"] for error in errors.values())

    def test_does_not_quote_what_was_wrong(self, service: Service) -> None:
        answer = service.take(order={"note": "张三欠薪五万元", "point": "张三"})

        assert "张三" not in str(answer)

    def test_names_the_choices(self, service: Service) -> None:
        point = {"lon": 1, "lat": 2, "crs": "mars"}

        [error] = errors_of(service.take(order={"note": "", "point": point})).values()

        assert error["field"] == "order.point.crs"
        assert "gcj02" in error["zh"]
        assert "gcj02" in error["en"]

    @pytest.mark.parametrize("arguments", [{}, {"order": {}, "more": 1}])
    def test_refuses_missing_and_unknown_arguments(
        self, service: Service, arguments: dict[str, Any]
    ) -> None:
        answer = service.take(**arguments)

        assert answer["refusal"]["code"] == "invalid"
        assert str(sorted(set(arguments) - {"order"}) or ["order"]) in answer["refusal"]["en"]

    def test_gives_a_refusal_as_an_answer(self, service: Service) -> None:
        assert service.find() == {
            "refusal": {
                "kind": "not_found",
                "code": "no_such_thing",
                "zh": "没有",
                "en": "There is none.",
                "errors": [],
            }
        }

    def test_calls_a_database_that_is_away_busy(self, service: Service) -> None:
        answer: Any = service.ask_the_database()

        assert answer["refusal"]["kind"] == "unavailable"
        assert answer["refusal"]["code"] == "database_busy"

    def test_lets_a_fault_through_to_the_log(self, service: Service) -> None:
        with pytest.raises(ValueError, match="lives here"):
            service.fail()

    @pytest.mark.parametrize("door", ["find", "fail", "ask_the_database"])
    def test_lets_go_of_its_work_whatever_happened(self, service: Service, door: str) -> None:
        with contextlib.suppress(ValueError):
            getattr(service, door)()

        assert service.work.closed == 1
