import json

import pytest

from tests.component.cli.commands import Shell
from tests.component.cli.edge import Edge

LETTERS = {
    f"command:0199-{n}": {
        "id": f"command:0199-{n}",
        "event_type": "patrol.incident.reported.v1",
        "queue": "evt-patrol.events--command",
        "tries": 5,
        "reason": "ValueError: [bold] is no markup here",
        "aggregate_id": "i-1",
        "matter_no": "P202611230001",
        "died_at": "2026-11-23T09:00:00+08:00",
        "replayed_at": None,
    }
    for n in range(3)
}


class TestAuditList:
    def test_shows_who_did_what_and_why(self, edge: Edge, wangge: Shell) -> None:
        entry = {"at": "2026-11-23T09:00:00.000000+00:00", "account": "li", "about": None}
        edge.trail["items"] = [
            entry | {"number": 7, "action": "patrol.take_step", "outcome": "done", "about": "P-1"},
            entry
            | {
                "number": 6,
                "action": "command.dossier",
                "outcome": "read",
                "reason": "案件核查",
                "shown": {"ids": ["P-1", "P-2"], "count": 2},
            },
        ]
        edge.trail["next_cursor"] = "older"

        ended = wangge.run("audit", "list", "patrol", "--by", "li", "--limit", "2")

        assert ended.code == 0, ended.err
        assert edge.trail["asked"] == {"service": "patrol", "account": "li", "limit": "2"}
        assert "patrol.take_step" in ended.out
        assert "read：案件核查" in ended.out
        assert "2 条" in ended.out
        assert "older ones" in ended.err


class TestDeadletters:
    def test_list(self, edge: Edge, wangge: Shell) -> None:
        assert "没有死信" in wangge.run("deadletters", "list").out

        edge.dead_letters = dict(LETTERS)
        edge.away = ["grid"]
        ended = wangge.run("deadletters", "list")

        assert ended.code == 0
        assert "their services are away: grid" in ended.err
        for letter_id in LETTERS:
            assert letter_id in ended.out
        assert "[bold] is no markup" in ended.out

    def test_list_tells_what_no_queue_wants(self, edge: Edge, wangge: Shell) -> None:
        waiting = {"service": "patrol", "event_type": "patrol.thing.done.v1", "events": 5}
        edge.unsent = [waiting | {"unroutable": 3, "since": "2026-11-23T09:00:00+08:00"}]

        ended = wangge.run("deadletters", "list")

        assert ended.code == 0
        assert "patrol: 3 条 patrol.thing.done.v1" in ended.err
        assert "since 2026-11-23T09:00:00" in ended.err

    def test_show(self, edge: Edge, wangge: Shell) -> None:
        edge.dead_letters = dict(LETTERS)

        ended = wangge.run("deadletters", "show", "command:0199-1")

        assert ended.code == 0
        assert json.loads(ended.out) == LETTERS["command:0199-1"]

    def test_replay_those_named(self, edge: Edge, wangge: Shell) -> None:
        edge.dead_letters = dict(LETTERS)

        ended = wangge.run("deadletters", "replay", "command:0199-2", "command:0199-0")

        assert ended.code == 0
        assert edge.replayed == ["command:0199-2", "command:0199-0"]

    def test_replay_all_even_when_not_all_are_listed_at_once(
        self, edge: Edge, wangge: Shell
    ) -> None:
        edge.dead_letters = dict(LETTERS)
        edge.listed_at_once = 2

        assert wangge.run("deadletters", "replay", "--all").code == 0
        assert edge.replayed == list(LETTERS)
        assert "没有死信" in wangge.run("deadletters", "replay", "--all").out

    def test_replay_goes_on_after_one_that_is_refused(self, edge: Edge, wangge: Shell) -> None:
        edge.dead_letters = dict(LETTERS)

        ended = wangge.run("deadletters", "replay", "command:0199-9", "command:0199-1")

        assert ended.code == 1
        assert "command:0199-9" in ended.err
        assert "404" in ended.err
        assert edge.replayed == ["command:0199-1"]

    @pytest.mark.parametrize(
        "arguments", [("replay",), ("replay", "a", "--all"), ("show", "../board"), ("show", "a/b")]
    )
    def test_refuse_what_names_no_letter(
        self, edge: Edge, wangge: Shell, arguments: tuple[str, ...]
    ) -> None:
        ended = wangge.run("deadletters", *arguments)

        assert ended.code == 1
        assert edge.asked == []


class TestRebuildReadModels:
    def test_says_what_it_did(self, edge: Edge, wangge: Shell) -> None:
        ended = wangge.run("rebuild-read-models")

        assert ended.code == 0
        assert "events 12" in ended.out
        assert "differences 0" in ended.out

    def test_fails_for_differences_only_when_asked_to(self, edge: Edge, wangge: Shell) -> None:
        edge.rebuilt["differences"] = 2

        assert wangge.run("rebuild-read-models").code == 0
        assert wangge.run("rebuild-read-models", "--check").code == 1


class TestMigrate:
    def test_brings_databases_up_and_checks_them(self, wangge: Shell) -> None:
        behind = wangge.run("migrate", "patrol", "--check")
        assert behind.code == 1
        assert "is behind" in behind.out

        assert wangge.run("migrate", "patrol", "command").code == 0
        assert wangge.run("migrate", "patrol", "command", "--check").code == 0

        some = wangge.run("migrate", "--check")
        assert some.code == 1
        assert "patrol: 已是最新" in some.out
        assert "gateway" in some.err

    def test_names_the_services_there_are(self, wangge: Shell) -> None:
        ended = wangge.run("migrate", "petrol")

        assert ended.code == 1
        assert "petrol" in ended.err
        assert "patrol" in ended.err

    def test_names_a_setting_that_is_wrong(self, wangge: Shell) -> None:
        wangge.environment["PORT"] = "eighty"

        ended = wangge.run("migrate")

        assert ended.code == 1
        assert "PORT" in ended.err
        assert "Traceback" not in ended.err

    def test_says_that_a_database_is_away(self, wangge: Shell) -> None:
        wangge.environment["WANGGE_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"

        ended = wangge.run("migrate", "patrol")

        assert ended.code == 1
        assert "WANGGE_DATABASE_URL" in ended.err
        assert "Traceback" not in ended.err


class TestWangge:
    COMMANDS = (
        "run",
        "migrate",
        "demo",
        "import-boundary",
        "locate-csv",
        "replay-csv",
        "rebuild-read-models",
        "bench",
        "deadletters list",
        "deadletters show",
        "deadletters replay",
        "partitions list",
        "partitions detach",
    )

    @pytest.mark.parametrize("command", COMMANDS)
    def test_gives_help_with_an_example(self, wangge: Shell, command: str) -> None:
        ended = wangge.run(*command.split(), "--help")

        assert ended.code == 0
        assert f"wangge {command}" in ended.out.partition("example")[2]

    def test_lists_its_commands(self, wangge: Shell) -> None:
        out = wangge.run("--help").out

        assert all(command.split()[0] in out for command in self.COMMANDS)

    def test_has_a_version(self, wangge: Shell) -> None:
        assert wangge.run("--version").out.split()[0] == "wangge"

    @pytest.mark.parametrize("arguments", [("fly",), ("run", "--port", "0"), ("--quick",)])
    def test_says_in_a_line_what_is_wrong_with_its_use(
        self, wangge: Shell, arguments: tuple[str, ...]
    ) -> None:
        ended = wangge.run(*arguments)

        assert ended.code == 2
        assert len(ended.err.splitlines()) == 1
        assert "用法有误" in ended.err

    def test_lists_the_benchmarks_and_names_one_that_is_not_there(self, wangge: Shell) -> None:
        assert wangge.run("bench").code == 0

        ended = wangge.run("bench", "teleport", "--fast")
        assert ended.code == 1
        assert "teleport" in ended.err

    def test_asks_for_a_password_that_is_not_there(self, wangge: Shell) -> None:
        wangge.environment["WANGGE_PASSWORD"] = ""

        ended = wangge.run("deadletters", "list")

        assert ended.code == 1
        assert "WANGGE_PASSWORD" in ended.err

    def test_run_becomes_the_platform(self, wangge: Shell) -> None:
        wangge.environment["WANGGE_DATA"] = "/dev/null/var"

        ended = wangge.run("run", "--port", "21999")

        assert ended.code == 1
        assert "/dev/null/var" in ended.out + ended.err
        assert "Traceback" not in ended.err
