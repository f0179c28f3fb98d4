"""Time as the platform keeps it: always with an offset, shown in China's."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

# China has had one zone and no summer time since 1992, so a fixed offset says it all.
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")

Clock = Callable[[], datetime]


def china_now() -> datetime:
    """Return this instant; the clock the wiring hands to use cases."""
    return datetime.now(CHINA)
