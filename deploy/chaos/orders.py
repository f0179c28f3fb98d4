"""What the clients send: reports, and for some of them the steps after."""

from dataclasses import dataclass
from typing import Any

SOURCE = "chaos"
KEY_PREFIX = f"{SOURCE}:"
# One report in so many is taken further, so that its aggregate has several events.
STEPS_EVERY = 4
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("accept", {}),
    ("file", {}),
    ("dispatch", {"unit": "城管执法大队"}),
)
# One report in so many is sent by somebody who does not wait for the answer before he sends again.
IMPATIENT_EVERY = 25
_TITLE = "事件 "
CATEGORIES = ("01", "02", "05", "06")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One write: what it is called, where it goes, and what its success is called."""

    key: str
    path: str
    body: dict[str, Any]
    done: int
    is_impatient: bool = False


REBUILD = Order(key=f"{KEY_PREFIX}rebuild", path="/command/rebuild", body={}, done=200)


def report(number: int) -> Order:
    """Return the report of that number; its points lie across the example district."""
    body = {
        "category": CATEGORIES[number % len(CATEGORIES)],
        "title": title(number),
        "description": "故障注入 · fault injection",
        "location": {"lon": 112.2015 + number % 97 * 1e-4, "lat": 31.0519 + number % 89 * 1e-4},
        "source": SOURCE,
    }
    return Order(
        key=key(number),
        path="/incidents",
        body=body,
        done=201,
        is_impatient=number % IMPATIENT_EVERY == 0,
    )


def key(number: int, step: str | None = None) -> str:
    """Return the key of a report, or of a step after it."""
    return f"{KEY_PREFIX}{number}" if step is None else f"{KEY_PREFIX}{number}:{step}"


def number_of(given: str) -> int:
    """Return the number of the report with that title; raises `ValueError` for anybody else's."""
    return int(given.removeprefix(_TITLE))


def title(number: int) -> str:
    """Return a report's title, by which it is known in every table."""
    return f"{_TITLE}{number}"


def steps_after(number: int, incident_id: str) -> list[tuple[str, Order]]:
    """Return the steps that follow the report of that number, by name."""
    if number % STEPS_EVERY:
        return []
    # Not all go the whole way, so that the boards have several columns.
    taken = STEPS[: 1 + number // STEPS_EVERY % len(STEPS)]
    return [
        (
            step,
            Order(
                key=key(number, step),
                path=f"/incidents/{incident_id}/{step}",
                body=body,
                done=200,
            ),
        )
        for step, body in taken
    ]
