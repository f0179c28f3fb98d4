"""The exchanges of the in-process broker: which queues a routing key leads to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("direct", "topic", "fanout")


@dataclass(slots=True)
class Exchange:
    """A named table of bindings; equal to another when it was declared in the same way."""

    name: str
    kind: str
    durable: bool = True
    auto_delete: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    # Binding key -> the queues bound with it, in the order of binding.
    _queues: dict[str, dict[str, None]] = field(default_factory=dict, compare=False)
    _patterns: dict[str, re.Pattern[str]] = field(default_factory=dict, compare=False)

    @property
    def has_bindings(self) -> bool:
        return bool(self._queues)

    def bind(self, queue: str, key: str) -> None:
        self._queues.setdefault(key, {})[queue] = None
        if self.kind == "topic" and {"*", "#"} & set(key.split(".")):
            self._patterns[key] = _topic_pattern(key)

    def unbind(self, queue: str, key: str) -> None:
        """Remove the binding; do nothing when there is none, as RabbitMQ does."""
        bound = self._queues.get(key, {})
        bound.pop(queue, None)
        if not bound:
            self._queues.pop(key, None)
            self._patterns.pop(key, None)

    def route(self, routing_key: str) -> list[str]:
        """Return the names of the queues that get a copy, each once."""
        found: dict[str, None] = {}
        for key in self._keys_that_match(routing_key):
            found.update(self._queues[key])
        return list(found)

    def _keys_that_match(self, routing_key: str) -> list[str]:
        if self.kind == "fanout":
            return list(self._queues)
        subject = f"{routing_key}." if routing_key else ""
        matching = [key for key, pattern in self._patterns.items() if pattern.fullmatch(subject)]
        if routing_key in self._queues and routing_key not in self._patterns:
            matching.append(routing_key)
        return matching


def _topic_pattern(key: str) -> re.Pattern[str]:
    # Each word ends in a dot, the last one too: so `#` can stand for no word at all.
    words = {"*": r"[^.]*\.", "#": r"(?:[^.]*\.)*"}
    return re.compile("".join(words.get(word, re.escape(word) + r"\.") for word in key.split(".")))
