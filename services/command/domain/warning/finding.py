"""What a round of early warning finds, and what it looks at."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from services.command.domain.warning.arrays import Floats, Integers

UNKNOWN_CELL = -1


class Kind(StrEnum):
    """What an alert is about."""

    HOT_CELLS = "hot_cells"
    BURST = "burst"
    CHANGE = "change"
    REPEAT_COMPLAINANT = "repeat_complainant"
    REPEAT_ADDRESS = "repeat_address"
    # 信访苗头/群体性: category 13 of rules INC-02, whatever else there is.
    EARLY_SIGN = "early_sign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What counts as more than chance; the numbers are ours, and precision tells whether they serve.

    `false_rate` is the share of false discoveries among hot cells, bursts and changes each (Benjamini
    and Hochberg); `span` the time a burst and a change take, `hot_for` that a hot cell is counted over.
    """

    false_rate: float = 0.05
    span: timedelta = timedelta(days=7)
    hot_for: timedelta = timedelta(days=28)
    looks_back: timedelta = timedelta(days=364)
    burst_radius_m: float = 200.0
    # As far as two telephones in one yard may be apart.
    address_radius_m: float = 15.0
    repeats_within: timedelta = timedelta(days=90)
    least: int = 5
    least_repeats: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The cells of one boundary version, and the pairs of their numbers that share a border, (n, 2)."""

    version: int
    cells: tuple[str, ...]
    borders: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Incidents that are open to everybody, oldest first, as arrays of one length.

    `at_s` are seconds before now, negative; `cell` numbers of `Ground.cells` or UNKNOWN_CELL;
    `category` numbers of `categories`.
    """

    matter_nos: tuple[str, ...]
    categories: tuple[str, ...]
    category: Integers
    cell: Integers
    lon: Floats
    lat: Floats
    at_s: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that stands out: the cells and matters that show it, and the figures.

    `since` and `until` bound the period looked at; figures are counts, probabilities and deviations
    by their names.
    """

    kind: Kind
    category: str | None
    cells: tuple[str, ...] = ()
    matter_nos: tuple[str, ...]
    since: datetime
    until: datetime
    figures: dict[str, float] = field(default_factory=dict)
