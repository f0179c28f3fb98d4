"""Reads PostgreSQL's plans, as `EXPLAIN (FORMAT JSON)` gives them."""

from collections.abc import Iterator, Sequence
from typing import Any


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan and all its parts."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes_of(part)


def read_whole(plans: Sequence[dict[str, Any]]) -> set[str]:
    """Return the tables that are read from one end to the other."""
    nodes = (node for plan in plans for node in nodes_of(plan))
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
