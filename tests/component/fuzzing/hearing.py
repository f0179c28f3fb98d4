"""What command made of the messages in its queues: taken, dead, or – a defect – neither or half."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import eventlet
import orjson
from sqlalchemy import Column, Select, column, select, table

from services.command.store.tables import (
    board_change_table,
    dossier_table,
    matter_table,
    stream_table,
)
from shared.contracts.patrol import IncidentAnonymised
from shared.kernel.clock import CHINA
from shared.kernel.errors import Refusal
from shared.runtime.identity import identity_of
from shared.runtime.tables import dead_letter, inbox, inbox_position
from tests.brokers import eventually
from tests.component.running import Running
from tests.fuzzing.account import Account
from tests.fuzzing.bus import Bus
from tests.fuzzing.messages import (
    FOLLOW_BOUNDARY,
    FOLLOW_CALENDAR,
    FOLLOW_INCIDENT,
    MARK,
    SECRET,
    Message,
)

# Enough for every try of every message.
SETTLED_WITHIN_S = 40.0
TELLERS = ("grid", "patrol", "command")
QUEUES = (FOLLOW_INCIDENT, FOLLOW_BOUNDARY, FOLLOW_CALENDAR, "command.dead")
# What takes neither effect nor dies was taken before, by its number; so long it may still be under way.
CALM_S = 1.0
# Dead letters may be kept by several workers, a moment apart.
OVERLAP = timedelta(seconds=5)
# No board goes further back.
BOARDS_BEGIN = datetime(2000, 1, 1, tzinfo=CHINA)
ALL_DAYS = "2000-01-01..2999-12-31"


class Hearing:
    """Puts messages into command's queues and looks what became of each."""

    def __init__(self, running: Running, account: Account) -> None:
        self._running = running
        self._account = account
        self._bus = Bus(running.settings.broker_url)
        self._dead: dict[str, Any] = {}
        self._since = BOARDS_BEGIN

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bus.__exit__(kind, error, trace)

    def hear(self, messages: list[Message]) -> None:
        """Let command have the messages, and note how each ended."""
        self._bus.put(self._signed(message) for message in messages)
        under_way = self._settle(messages)
        self._look_alive(messages)
        taken = self._taken(messages)
        for message in messages:
            self._note(message, taken, is_under_way=message in under_way)

    def _signed(self, message: Message) -> Message:
        """Return it as the service would send it whose event it says it is: anybody else's is refused."""
        speaker = str(message.headers.get("event_type")).partition(".")[0]
        try:
            identity = identity_of(
                self._running.settings, speaker if speaker in TELLERS else "patrol"
            )
            signed = identity.sign(message.headers, json.loads(message.body))
        except (TypeError, ValueError):
            return message
        return replace(message, headers=signed)

    def _settle(self, messages: list[Message]) -> list[Message]:
        """Wait until every message has ended; return those that have not."""
        deadline = time.monotonic() + SETTLED_WITHIN_S
        calm_since = time.monotonic()
        while True:
            eventlet.sleep(0.05)
            self._fetch_dead()
            taken = self._taken(messages)
            left = [one for one in messages if not self._has_ended(one, taken)]
            now = time.monotonic()
            if any(self._bus.waiting(queue) for queue in QUEUES):
                calm_since = now
            may_be_late = all(one.must == "any" for one in left)
            if not left or (may_be_late and now - calm_since > CALM_S):
                return []
            if now > deadline:
                return left

    def _has_ended(self, message: Message, taken: Counter[str]) -> bool:
        return message.mark in self._dead or bool(taken[_key(message)])

    def _look_alive(self, messages: list[Message]) -> None:
        try:
            for service in ("grid", "patrol", "command"):
                self._running.ask(service, "ready")
        except Refusal as refusal:
            example = "\n".join(map(str, messages[:30]))
            self._account.find(f"a service is dead: {refusal.code}", example)
            raise AssertionError("\n".join(self._account.lines())) from None

    def _note(self, message: Message, taken: Counter[str], *, is_under_way: bool) -> None:
        is_dead, has_effect = message.mark in self._dead, bool(taken[_key(message)])
        how = "dead letter" if is_dead else "effect" if has_effect else "passed over"
        self._account.ended(message.kind, "under way" if is_under_way else how)
        if is_under_way:
            self._account.find(f"{message.kind}: neither taken nor dead", message)
        elif is_dead and has_effect:
            self._account.find(f"{message.kind}: dead, and yet it took effect", message)
        elif message.must == "effect" and not has_effect:
            self._account.find(f"{message.kind}: {how} ({self._dead.get(message.mark)})", message)
        elif message.must == "death" and not is_dead:
            self._account.find(f"{message.kind}: {how}", message)

    def _fetch_dead(self) -> None:
        wanted = select(dead_letter.c.headers, dead_letter.c.reason, dead_letter.c.died_at)
        for row in self._running.rows(
            "command", wanted.where(dead_letter.c.died_at >= self._since)
        ):
            self._dead[str(row.headers.get(MARK))] = row.reason
            self._since = max(self._since, row.died_at - OVERLAP)

    def _taken(self, messages: list[Message]) -> Counter[str]:
        """Return what has left a trace: each event in the dossiers, each activation in the inbox."""
        asked = [_key(message) for message in messages]
        events = self._running.rows("command", _traces(dossier_table.c.event_id, asked))
        boundaries = self._running.rows("command", _traces(inbox.c.event_id, asked))
        return Counter(str(row.event_id) for row in (*events, *boundaries))

    def look_at_all_tables(self) -> None:
        """See that what lies in each table is what lies in the others."""
        self._compare_dossiers_with_positions()
        self._compare_stream()
        self._compare_board()
        self._compare_search()

    def _compare_dossiers_with_positions(self) -> None:
        matters = {
            row.subject_id: row.matter_no for row in self._running.rows("command", matter_table)
        }
        entries = Counter(row.matter_no for row in self._running.rows("command", dossier_table))
        reached = {
            row.aggregate_id: row.sequence for row in self._running.rows("command", inbox_position)
        }
        told = {subject: entries[number] for subject, number in matters.items()}
        if told != reached:
            self._account.find(
                "half-written: dossiers and inbox differ", _difference(told, reached)
            )
        if strangers := entries.keys() - set(matters.values()):
            self._account.find("half-written: dossiers without a matter", sorted(strangers)[:5])

    def _compare_stream(self) -> None:
        lines = Counter(row.topic for row in self._running.rows("command", stream_table))
        # No line tells of text that was forgotten.
        is_shown = dossier_table.c.event_type != IncidentAnonymised.event_type
        entries = self._running.count("command", dossier_table, is_shown)
        activated = select(inbox).where(inbox.c.handler == "command.follow_boundary")
        boundaries = len(self._running.rows("command", activated))
        told = {"incident": entries, "boundary": boundaries}
        if lines != {topic: count for topic, count in told.items() if count}:
            self._account.find("half-written: the stream has other lines", (lines, told))

    def _compare_board(self) -> None:
        matters = self._running.rows("command", matter_table)
        states = Counter(row.state for row in matters if row.reported_at >= BOARDS_BEGIN)
        eventually(lambda: not self._running.count("command", board_change_table))
        board = self._running.ask("command", "board", place="*", period=ALL_DAYS)
        counted = {state: count for state, count in board["by_state"].items() if count}
        if counted != states:
            self._account.find("half-written: the board counts otherwise", (counted, states))

    def _compare_search(self) -> None:
        entered = self._running.rows(
            "command", select(column("matter_no")).select_from(table("search_entry"))
        )
        matters = self._running.count("command", matter_table)
        if len(entered) != matters:
            self._account.find("half-written: search and matters differ", (len(entered), matters))

    def look_for_secrets(self, logged: str) -> None:
        """See that neither the log nor a dead letter as it is shown holds what people wrote."""
        if SECRET in logged:
            at = logged.index(SECRET)
            self._account.find("personal data in the log", logged[max(0, at - 500) : at + 50])
        for letter in self._running.ask("command", "dead_letters"):
            shown = self._running.ask("command", "dead_letter", letter_id=letter["id"])
            if SECRET in orjson.dumps(shown).decode():
                self._account.find("personal data in a dead letter that is shown", shown)


def _key(message: Message) -> str:
    """Return by what the trace of a message is found; nothing is found of one that has no id."""
    return str(message.headers.get("event_id"))


def _traces(event_id: Column[str], asked: list[str]) -> Select[Any]:
    return select(event_id).where(event_id.in_([key for key in asked if "\x00" not in key]))


def _difference(left: dict[str, int], right: dict[str, int]) -> Iterable[object]:
    names = [name for name in left.keys() | right.keys() if left.get(name) != right.get(name)]
    return [(name, left.get(name), right.get(name)) for name in sorted(map(str, names))[:10]]
