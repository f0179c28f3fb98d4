"""Calls to a service's doors: arguments of the right kind, of any kind, too few and too many."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_type_hints

from hypothesis import strategies as st
from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from shared.kernel.personal_data import (
    CLEAR,
    Address,
    FreeText,
    IdNumber,
    PersonName,
    Phone,
)
from shared.runtime.doors import Doors
from shared.runtime.rpc_door import RpcDoor

_TEXT = st.text(max_size=40)
_TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
st.register_type_strategy(datetime, _TIMES)
# As they are given; what cannot be one is refused as any other text.
for kind, given in (
    (Phone, st.from_regex(Phone.form or "", fullmatch=True)),
    (PersonName, st.text(min_size=1, max_size=PersonName.longest)),
    (FreeText, st.text()),
    (IdNumber, st.text(min_size=1, max_size=IdNumber.longest)),
    (Address, st.text(min_size=1, max_size=Address.longest)),
):
    st.register_type_strategy(kind, given.map(kind))
_INTEGERS = st.sampled_from([0, 1, -1, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63), 10**30])
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    _INTEGERS,
    st.floats(allow_nan=False, allow_infinity=False),
    _TEXT,
    st.sampled_from(["\x00", "a\x00b", "x" * 10_000, "*", "%", "' or 1=1 --", "../..", "9" * 400]),
)
ANY_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=10,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorCall:
    """One call of one door."""

    service: str
    method: str
    arguments: dict[str, Any]
    key: str | None

    def __str__(self) -> str:
        return f"{self.service}.{self.method}({self.arguments}) key={self.key!r}"


def doors_of(service: type[Doors]) -> dict[str, Callable[..., Any]]:
    """Return every method of *service* that may be called over the bus."""
    return {
        name: inspect.unwrap(method)
        for name, method in inspect.getmembers(service, inspect.isfunction)
        if any(isinstance(each, RpcDoor) for each in getattr(method, "nameko_entrypoints", ()))
    }


def calls_of(
    service: type[Doors], known: dict[str, list[Any]]
) -> Iterator[tuple[str, st.SearchStrategy[DoorCall]]]:
    """Yield for each door the calls it may get; *known* are arguments of its name that mean something."""
    for name, method in doors_of(service).items():
        yield name, _calls(service.name, name, method, known)


@st.composite
def _calls(
    draw: st.DrawFn,
    service: str,
    name: str,
    method: Callable[..., Any],
    known: dict[str, list[Any]],
) -> DoorCall:
    hints = get_type_hints(method, include_extras=True)
    arguments: dict[str, Any] = {}
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        is_optional = parameter.default is not inspect.Parameter.empty
        if draw(st.integers(0, 19)) == 0 or (is_optional and draw(st.booleans())):
            continue
        arguments[parameter.name] = draw(
            _argument(hints[parameter.name], known.get(parameter.name, []))
        )
    if draw(st.integers(0, 19)) == 0:
        arguments[draw(_TEXT)] = draw(ANY_JSON)
    key = draw(st.none() | st.sampled_from(["fuzz:1", "fuzz:2"]) | _TEXT.map("fuzz:{}".format))
    return DoorCall(service=service, method=name, arguments=arguments, key=key)


@st.composite
def _argument(draw: st.DrawFn, hint: Any, known: list[Any]) -> Any:
    way = draw(st.integers(0, 9))
    if known and way < 5:
        return draw(st.sampled_from(known))
    if way == 9:
        return draw(ANY_JSON)
    value = draw(st.from_type(hint))
    try:
        return TypeAdapter(hint).dump_python(value, mode="json", context=CLEAR)
    except PydanticSerializationError:
        return draw(ANY_JSON)
