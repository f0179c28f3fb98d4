"""nameko's own entrypoints, with the types that they lack."""

from collections.abc import Callable
from typing import Any, TypeVar

import nameko.events
import nameko.rpc

Method = TypeVar("Method", bound=Callable[..., Any])


def rpc(method: Method) -> Method:
    return nameko.rpc.rpc(method)  # type: ignore[no-any-return]


def event_handler(source: str, event_type: str, **options: Any) -> Callable[[Method], Method]:
    return nameko.events.event_handler(source, event_type, **options)  # type: ignore[no-any-return]
