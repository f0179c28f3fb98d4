"""Log lines: one JSON object each, with the call's number and without anything personal."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from shared.runtime.logs import set_up_logs
from tests.component.running import Running
from tests.component.talkers import done

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    """Set up the logs as the platform does; give what was written."""
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    file = tmp_path / "log" / "wangge.log"
    set_up_logs("INFO", file)

    def written() -> list[dict[str, Any]]:
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]

    yield written
    root.handlers[0].close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)
    structlog.contextvars.clear_contextvars()


class TestLogs:
    def test_are_one_json_object_a_line(self, lines: Lines) -> None:
        structlog.get_logger("patrol").info("event_died", queue="命令", tries=3)

        [line] = lines()
        assert (line["event"], line["queue"], line["tries"]) == ("event_died", "命令", 3)
        assert (line["level"], line["logger"]) == ("info", "patrol")
        assert line["timestamp"]

    def test_carry_the_numbers_of_the_call(self, lines: Lines) -> None:
        structlog.contextvars.bind_contextvars(call_id="call-1", matter_no="P20261123-0000018")

        structlog.get_logger().warning("late")
        logging.getLogger("library").warning("its own words")

        for line in lines():
            assert (line["call_id"], line["matter_no"]) == ("call-1", "P20261123-0000018")

    @pytest.mark.parametrize(
        "key",
        ["personal", "title", "description", "note", "phone", "id_number", "password", "token"],
    )
    def test_mask_what_is_personal(self, lines: Lines, key: str) -> None:
        structlog.get_logger().info("reported", **{key: "张三"})

        [line] = lines()
        assert line[key] == "***"

    def test_mask_a_whole_body(self, lines: Lines) -> None:
        structlog.get_logger().info("reported", payload={"who": {"name": "张三"}})

        assert "张三" not in str(lines())

    @pytest.mark.parametrize(
        "said",
        [
            {"report": {"title": "张三"}},
            {"steps": [{"note": "张三"}]},
            {"told": {"incident": {"personal": {"anything": "张三"}}}},
        ],
    )
    def test_mask_it_further_down_too(self, lines: Lines, said: dict[str, Any]) -> None:
        structlog.get_logger().info("reported", **said)

        assert "张三" not in str(lines())

    def test_show_where_a_librarys_error_came_from(self, lines: Lines) -> None:
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logging.getLogger("library").exception("failed")

        [line] = lines()
        assert "raise ZeroDivisionError" in line["exception"]

    def test_leave_out_what_is_below_the_level(self, lines: Lines) -> None:
        structlog.get_logger().debug("quiet")
        logging.getLogger("kombu").info("chatty")

        assert lines() == []

    def test_do_not_quote_what_a_statement_was_to_write(
        self, talking: Running, lines: Lines
    ) -> None:
        row = {"id": 1000, "who": "张三", "word": "secret", "sequence": 0}
        try:
            with talking.database("teller").writing() as connection:
                connection.execute(insert(done), [row, row])
        except IntegrityError:
            structlog.get_logger().warning("not_written", exc_info=True)

        written = lines()
        assert "IntegrityError" in written[-1]["exception"]
        assert "张三" not in str(written)
        assert "secret" not in str(written)
