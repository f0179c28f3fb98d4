"""Time limits over HTTP: what goes on to the service, and what is refused before."""

from typing import Any

import pytest

from tests.builders.calendar import a_notice, as_json
from tests.component.gateway.browser import Browser, of, refused, wrong_fields
from tests.component.gateway.test_incidents import asked

BY_HAND = {"from": "2026-02-12", "amount": 5, "unit": "working_day"}


class TestRules:
    def test_of_a_date(self, member: Browser) -> None:
        found = of(member.get("/clocks/rules", params={"on": "2014-06-01"}), 200)

        assert found == {"items": [{"id": "petition.forward"}], "next_cursor": None}
        assert asked("clock_rules") == {"on": "2014-06-01"}

    def test_of_today(self, member: Browser) -> None:
        of(member.get("/clocks/rules"), 200)

        assert asked("clock_rules") == {"on": None}

    @pytest.mark.parametrize("on", ["2003-12-31", "2101-01-01", "2026-02-30", "today"])
    def test_of_no_such_date(self, member: Browser, on: str) -> None:
        assert wrong_fields(member.get("/clocks/rules", params={"on": on})) == {"on"}


class TestCompute:
    def test_by_a_rule(self, member: Browser) -> None:
        stop = {"from": "2026-02-13", "to": "2026-02-14T08:00:00+08:00", "ground": "hearing"}
        body = {"rule": "petition.rereview", "from": "2026-02-10", "stops": [stop], "extension": 3}

        assert of(member.post("/clocks/compute", json=body), 200) == {"due": "2026-02-25"}

        order = asked("compute_clock")["order"]
        assert (order["rule"], order["start"], order["extension"]) == (
            "petition.rereview",
            "2026-02-10",
            3,
        )
        assert order["stops"] == [{"begins": stop["from"], "ends": stop["to"], "ground": "hearing"}]

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"from": None}, "from"),
            ({"from": ""}, "from"),
            ({"from": "2" * 41}, "from"),
            ({"from": 20260212}, "from"),
            ({"from": "2026-02-12\x00"}, "start"),
            ({"amount": 0}, "amount"),
            ({"amount": 10**9}, "amount"),
            ({"amount": "many"}, "amount"),
            ({"unit": "lunar_day"}, "unit"),
            ({"direction": "sideways"}, "direction"),
            ({"roll_forward": "perhaps"}, "roll_forward"),
            ({"extension": -1}, "extension"),
            ({"stops": [{"to": "2026-02-14"}]}, "stops.0.from"),
            ({"stops": [{"from": "2026-02-14"}] * 101}, "stops"),
            ({"law": "x"}, "law"),
        ],
    )
    def test_with_a_wrong_field(self, member: Browser, changed: dict[str, Any], field: str) -> None:
        answer = member.post("/clocks/compute", json=BY_HAND | changed)

        assert wrong_fields(answer) == {field}


class TestCalendar:
    def test_of_a_year(self, member: Browser) -> None:
        answer = member.get("/calendar/2026")

        assert of(answer, 200) == {"year": 2026}
        assert answer.headers["etag"]

    @pytest.mark.parametrize("year", ["2003", "2101", "next", "-2026"])
    def test_of_no_such_year(self, member: Browser, year: str) -> None:
        assert wrong_fields(member.get(f"/calendar/{year}")) == {"year"}

    def test_is_set_by_an_administrator(self, admin: Browser) -> None:
        body = as_json(a_notice())

        assert of(admin.put("/calendar/2027", json=body), 200) == {"year": 2027}
        assert asked("set_calendar") == {"year": 2027, "order": body}

    def test_is_nobody_elses_to_set(self, member: Browser) -> None:
        answer = member.put("/calendar/2027", json=as_json(a_notice()))

        assert refused(answer, 403)["code"] == "not_permitted"

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"days_off": []}, "days_off"),
            ({"days_off": [{"date": "2027-01-01"}]}, "days_off.0.name"),
            ({"days_off": [{"date": "2027-13-01", "name": "元旦"}]}, "days_off.0.date"),
            ({"days_off": [{"date": "2027-01-01", "name": "元旦"}] * 367}, "days_off"),
            ({"makeup_days": ["soon"]}, "makeup_days.0"),
            ({"source": ""}, "source"),
            ({"year": 2027}, "year"),
        ],
    )
    def test_is_refused_with_a_wrong_field(
        self, admin: Browser, changed: dict[str, Any], field: str
    ) -> None:
        answer = admin.put("/calendar/2027", json=as_json(a_notice()) | changed)

        assert wrong_fields(answer) == {field}
