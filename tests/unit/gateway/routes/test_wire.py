"""What no field may hold, whatever its type."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from services.gateway.routes.wire import wired, wired_time
from shared.kernel.errors import Invalid


@dataclass
class Inner:
    values: list[Any] = field(default_factory=list)


@dataclass
class Outer:
    text: str = ""
    inner: Inner = field(default_factory=Inner)


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_good_values_cross_as_json_has_them() -> None:
    assert wired(Outer(text="网格", inner=Inner([1, 1.5, None, True, NOON]))) == {
        "text": "网格",
        "inner": {"values": [1, 1.5, None, True, "2026-11-23T12:00:00Z"]},
    }


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "finite_number"),
        (float("inf"), "finite_number"),
        (float("-inf"), "finite_number"),
        (2**63, "int_too_large"),
        (-(2**63), "int_too_large"),
        (10**400, "int_too_large"),
        ("a\x00b", "nul_character"),
        (datetime(2026, 11, 23), "timezone_aware"),  # noqa: DTZ001 – that is the point
        (datetime(1, 1, 1, tzinfo=UTC), "time_out_of_range"),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "time_out_of_range"),
    ],
)
def test_bad_values_are_named_with_their_place(value: object, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        wired(Outer(inner=Inner(["good", value])))
    assert [(e.field, e.code) for e in refused.value.errors] == [("inner.values.1", code)]


def test_every_bad_value_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        wired(Outer(text="\x00", inner=Inner([float("nan"), 1, 2**64])))
    assert [e.field for e in refused.value.errors] == ["text", "inner.values.0", "inner.values.2"]


def test_a_time_in_a_query_keeps_its_offset() -> None:
    assert wired_time(None, "at") is None
    assert wired_time(NOON, "at") == "2026-11-23T12:00:00+00:00"
    with pytest.raises(Invalid) as refused:
        wired_time(datetime(1, 1, 1, tzinfo=UTC), "at")
    assert [e.field for e in refused.value.errors] == ["at"]
