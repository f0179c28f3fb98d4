"""What small services in another process remember, read and changed over the broker as if it were here."""

from collections.abc import Iterable, Iterator, MutableMapping, MutableSequence
from typing import Any, Generic, TypeVar

from shared.kernel.actor import PLATFORM
from shared.kernel.errors import Refusal, from_wire
from shared.runtime.call import Call, call_from
from shared.runtime.rpc_client import caller_for

Item = TypeVar("Item")
PATIENCE_S = 10


class Memory:
    """The memory of the small services, as JSON."""

    def __init__(self, broker_url: str) -> None:
        self._broker_url = broker_url

    def read(self, name: str) -> Any:
        return self._ask("read", name=name)

    def write(self, name: str, value: Any) -> None:
        self._ask("write", name=name, value=value)

    def _ask(self, method: str, **arguments: Any) -> Any:
        caller, call = caller_for(self._broker_url), Call(actor=PLATFORM)
        return caller.call("memory", method, arguments, call=call, timeout_s=PATIENCE_S)


class _FarList(MutableSequence[Item], Generic[Item]):
    """A list that lies elsewhere: read anew each time, and written back whole."""

    name: str

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def _items(self) -> list[Item]:
        return [self.from_json(item) for item in self._memory.read(self.name)]

    def _keep(self, items: Iterable[Item]) -> None:
        self._memory.write(self.name, [self.to_json(item) for item in items])

    def from_json(self, item: Any) -> Item:
        raise NotImplementedError

    def to_json(self, item: Item) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._items())

    def __getitem__(self, index: Any) -> Any:
        return self._items()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        items = self._items()
        items[index] = value
        self._keep(items)

    def __delitem__(self, index: Any) -> None:
        items = self._items()
        del items[index]
        self._keep(items)

    def insert(self, index: int, value: Item) -> None:
        items = self._items()
        items.insert(index, value)
        self._keep(items)

    def extend(self, values: Iterable[Item]) -> None:
        self._keep([*self._items(), *values])

    def clear(self) -> None:
        self._keep([])

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items())

    def __reversed__(self) -> Iterator[Item]:
        return reversed(self._items())

    def __eq__(self, other: object) -> bool:
        return self._items() == other

    __hash__ = None  # type: ignore[assignment]


class FarAsked(_FarList[tuple[str, str, dict[str, Any], Call]]):
    name = "asked"

    def from_json(self, item: Any) -> tuple[str, str, dict[str, Any], Call]:
        service, method, arguments, headers = item
        return service, method, arguments, call_from(headers)

    def to_json(self, item: tuple[str, str, dict[str, Any], Call]) -> Any:
        service, method, arguments, call = item
        return [service, method, arguments, call.headers()]


class FarEntries(_FarList[dict[str, Any]]):
    name = "entries"

    def from_json(self, item: Any) -> dict[str, Any]:
        entry: dict[str, Any] = item
        return entry

    def to_json(self, item: dict[str, Any]) -> Any:
        return item


class FarRefusals(MutableMapping[str, Refusal]):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def _all(self) -> dict[str, Any]:
        refusals: dict[str, Any] = self._memory.read("refusals")
        return refusals

    def __getitem__(self, method: str) -> Refusal:
        return from_wire(self._all()[method])

    def __setitem__(self, method: str, refusal: Refusal) -> None:
        self._memory.write("refusals", self._all() | {method: refusal.to_wire()})

    def __delitem__(self, method: str) -> None:
        refusals = self._all()
        del refusals[method]
        self._memory.write("refusals", refusals)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def clear(self) -> None:
        self._memory.write("refusals", {})
