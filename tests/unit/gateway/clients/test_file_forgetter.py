"""A round over old files: every service is asked, and the answer of all of them counts."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest

from services.gateway.clients import file_forgetter
from services.gateway.clients.file_forgetter import FileForgetter
from shared.kernel.errors import Unavailable
from shared.kernel.rights import Permission
from shared.runtime.call import Call
from shared.runtime.rpc_protocol import service_away
from tests.unit.gateway.loop import run


class Desk:
    """Old files, two at a time, and what was done with the answers."""

    def __init__(self, *old: str) -> None:
        self.old = old
        self.has_turn = True
        self.done: list[Any] = []

    def is_its_turn(self) -> bool:
        return self.has_turn

    def to_be_asked_about(self, after: str) -> list[str]:
        return [file_id for file_id in self.old if file_id > after][:2]

    def forget(self, asked: Sequence[str], named: Collection[str]) -> int:
        self.done.append((list(asked), sorted(named)))
        return len(asked) - len(named)

    def remove_bytes(self) -> None:
        self.done.append("bytes")


class Services:
    """An edge behind which services name files, or do not answer."""

    def __init__(self, **names: set[str] | None) -> None:
        self.names = names

    async def call(
        self, service: str, method: str, *, call: Call, file_ids: list[str]
    ) -> list[str]:
        assert method == "named_files"
        call.actor.need(Permission.SERVICE_RECORDS)
        if (named := self.names[service]) is None:
            raise service_away(service)
        return [file_id for file_id in file_ids if file_id in named]

    async def run(self, work: Callable[[], Any]) -> Any:
        return work()


@pytest.fixture(autouse=True)
def two_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_forgetter, "NAMING_FILES", ("patrol", "mediation"))


def forgetter(services: Services, desk: Desk) -> FileForgetter:
    edge: Any = services
    return FileForgetter(edge, desk)


def test_asks_all_about_all_and_removes_bytes_first_and_last() -> None:
    desk = Desk("1", "2", "3")

    assert run(forgetter(Services(patrol={"1"}, mediation={"3"}), desk).forget()) == 1

    assert desk.done == ["bytes", (["1", "2"], ["1"]), (["3"], ["3"]), "bytes"]


def test_forgets_nothing_when_one_of_them_does_not_answer() -> None:
    desk = Desk("1", "2")

    with pytest.raises(Unavailable):
        run(forgetter(Services(patrol=set(), mediation=None), desk).forget())

    assert desk.done == ["bytes"]


def test_does_nothing_when_it_is_another_copys_turn() -> None:
    desk = Desk("1")
    desk.has_turn = False

    assert run(forgetter(Services(), desk).forget()) == 0
    assert desk.done == []
