from datetime import timedelta

import pytest

from tests.component.cli.commands import Shell
from tests.component.cli.edge import Edge
from tests.component.cli.replaying import MAPPING, Replay, good


class TestReplay:
    def test_creates_an_incident_for_every_row(self, edge: Edge, replay: Replay) -> None:
        replay.write([*good(200), ("x", "A", "", "", ""), ("out", "A", 10, 31, 7)])

        outcome = replay.run()

        assert outcome.code == 0
        assert outcome.counts == (201, 201, 0, 0)
        report = outcome.report
        assert (report["rows"], report["skipped"], report["outside"]) == (202, 1, 1)
        assert set(edge.incidents) == {f"replay:city:{row[0]}" for row in [*good(200), ("out",)]}
        assert edge.bodies["replay:city:r7"] == {
            "category": "11",
            "title": "B r7",
            "description": "",
            "location": {"lon": 107.5, "lat": 31.0, "crs": "wgs84"},
            "severity": "L3",
            "source": "citizen",
            "anonymous": False,
            "accept_outside": True,
        }

    def test_says_how_many_agree_with_the_recorded_area(self, replay: Replay) -> None:
        apart = [("w", "A", 103.5, 31, 109), ("n", "A", 103.5, 31, ""), ("out", "A", 10, 31, 7)]
        replay.write([*good(8), *apart])

        report = replay.run().report

        assert report["agreement"] == {
            "column": "Area",
            "level": "cell",
            "compared": 10,
            "agreed": 8,
            "share": 0.8,
        }
        found = [(one["key"], one["recorded"], one["answered"]) for one in report["disagreements"]]
        assert sorted(found) == [("out", "7", None), ("w", "109", "103")]

    def test_repeats_nothing_when_run_again(self, edge: Edge, replay: Replay) -> None:
        replay.write(good(50))
        assert replay.run("--limit", "30").counts == (30, 30, 0, 0)
        edge.age_incidents(5)

        outcome = replay.run()

        assert outcome.code == 0
        assert outcome.counts == (50, 20, 30, 0)
        assert len(edge.incidents) == 50

    def test_tells_new_from_old_by_the_platforms_clock(self, edge: Edge, replay: Replay) -> None:
        edge.clock_behind = timedelta(hours=1)
        replay.write(good(10))

        assert replay.run("--limit", "4").counts == (4, 4, 0, 0)
        edge.age_incidents(5)
        assert replay.run().counts == (10, 6, 4, 0)

    def test_reports_bad_rows_and_stops_for_none(self, replay: Replay) -> None:
        replay.write(
            [
                ("a", "A", 101, 31, ""),
                ("b", "?", "east", 31, ""),
                ("c", "A", 101),
                ("a", "A", 102, 31, ""),
                ("d", "A", 101, 31, ""),
            ]
        )

        outcome = replay.run()

        assert outcome.code == 0
        assert outcome.counts == (2, 2, 0, 3)
        assert [(one["row"], one["column"], one["code"]) for one in outcome.report["bad_rows"]] == [
            (3, "Kind", "not_in_mapping"),
            (3, "Lon", "not_a_number"),
            (4, None, "cell_count"),
            (5, "Id", "same_key"),
        ]
        assert "第 5 行" in outcome.ended.out
        assert replay.run("--strict").code == 1

    def test_reports_what_the_platform_refuses_and_stops_for_none(
        self, edge: Edge, replay: Replay
    ) -> None:
        replay.map(MAPPING.replace("accept_outside: true\n", ""))
        replay.write([*good(10), ("z", "Z", 101, 31, ""), ("out", "A", 10, 31, "")])

        outcome = replay.run()

        assert outcome.code == 0
        assert outcome.report["refused"] == {"invalid": 1, "outside_district": 1}
        by_key = {one["key"]: one for one in outcome.report["refused_rows"]}
        assert by_key["z"]["row"] == 12
        assert by_key["z"]["errors"][0]["field"] == "category"
        assert len(edge.incidents) == 10

    def test_fails_when_nothing_could_be_loaded(self, replay: Replay) -> None:
        replay.write([("a", "?", 101, 31, "")])

        assert replay.run().code == 1

    def test_says_that_a_key_was_used_for_something_else(self, replay: Replay) -> None:
        replay.write(good(3))
        replay.run()
        replay.map(MAPPING.replace("{Kind} {Id}", "{Id}"))

        outcome = replay.run()

        assert outcome.code == 1
        assert outcome.report["refused"] == {"idempotency_key_reused": 3}

    @pytest.mark.parametrize(
        ("changed", "to", "told"),
        [
            ("key: Id", "key: Id\nkey: Id", "city.yaml:3 key"),
            ("key: Id", "key: No", "city.yaml:2 key"),
        ],
    )
    def test_sends_nothing_under_a_wrong_mapping(
        self, edge: Edge, replay: Replay, changed: str, to: str, told: str
    ) -> None:
        replay.write(good(3))
        replay.map(MAPPING.replace(changed, to))

        outcome = replay.run()

        assert outcome.code == 1
        assert told in outcome.ended.err
        assert edge.sign_ins == 0

    def test_stops_at_once_when_the_password_is_wrong(
        self, edge: Edge, replay: Replay, wangge: Shell
    ) -> None:
        wangge.environment["WANGGE_PASSWORD"] = "wrong"
        replay.write(good(5))

        outcome = replay.run()

        assert (outcome.code, outcome.report) == (1, {})
        assert "401" in outcome.ended.err
        assert not edge.incidents
