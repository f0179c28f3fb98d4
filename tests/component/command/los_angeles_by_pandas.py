"""The same indicators from the CSV alone, by pandas: its own limits, its own calendar, its own counts."""

from datetime import date
from pathlib import Path
from typing import Any

import chinese_calendar
import numpy as np
import pandas as pd
import yaml

HALVES = ((8 * 60 + 30, 12 * 60), (14 * 60 + 30, 17 * 60 + 30))  # office hours, in minutes
CLOSE_OF_BUSINESS = 17 * 60 + 30
_TIMES = "%m/%d/%Y %I:%M:%S %p"
_50_M = 50 / 111_320


def requests(path: Path, numbers: set[str], mapping: Path) -> Any:
    """Return the requests of these numbers with their limits and when these were met, in China's time."""
    frame = pd.read_csv(path, dtype=str)
    frame = frame[frame.SRNumber.isin(numbers) & frame.NC.notna()].copy()
    for name in ("CreatedDate", "ServiceDate", "ClosedDate"):
        moments = pd.to_datetime(frame[name], format=_TIMES)
        zoned = moments.dt.tz_localize("America/Los_Angeles").dt.tz_convert("Asia/Shanghai")
        frame[name] = zoned.dt.tz_localize(None)
    categories = yaml.safe_load(mapping.read_text("utf-8"))["category"]["values"]
    frame["category"] = frame.RequestType.map(lambda kind: f"{int(categories[kind]):02}")
    frame["lon"], frame["lat"] = frame.Longitude.astype(float), frame.Latitude.astype(float)
    frame["created"], frame["closed"] = frame.CreatedDate, frame.ClosedDate
    planned = frame.ServiceDate.fillna(frame.created)
    frame["sent"] = np.maximum(frame.created, np.minimum(planned, frame.closed.fillna(planned)))
    frame = _with_limits(frame)
    frame["recurs"] = _recurs(frame)
    return frame


def _with_limits(frame: Any) -> Any:
    frame["is_filed"] = frame.Status != "Cancelled"
    frame["is_sent"] = frame.Status.isin(["Closed", "Open"])
    frame["is_closed"] = frame.Status == "Closed"
    frame["accept_due"] = _working_hours_after(frame.created, 2)
    frame["dispatch_due"] = _working_hours_after(frame.created, 4).where(frame.is_filed)
    frame["handle_due"] = _working_days_after(frame.sent, 3).where(frame.is_sent)
    frame["due"] = frame.handle_due.fillna(frame.dispatch_due).fillna(frame.accept_due)
    return frame


def _working_days() -> Any:
    days = pd.date_range("2017-12-01", "2018-12-31")
    return days[
        [bool(chinese_calendar.is_workday(date.fromisoformat(str(day)[:10]))) for day in days]
    ]


def _working_days_after(moments: Any, count: int) -> Any:
    days = _working_days()
    first = days.searchsorted(moments.dt.normalize(), side="right")
    return pd.Series(
        days[first + count - 1] + pd.Timedelta(minutes=CLOSE_OF_BUSINESS), index=moments.index
    )


def _working_hours_after(moments: Any, hours: int) -> Any:
    """Add working time along the line of all half days, whose lengths are added up."""
    days = _working_days()
    begins = np.sort(
        np.concatenate([(days + pd.Timedelta(minutes=h[0])).to_numpy() for h in HALVES])
    )
    ends = np.sort(np.concatenate([(days + pd.Timedelta(minutes=h[1])).to_numpy() for h in HALVES]))
    worked = np.concatenate([[np.timedelta64(0)], np.cumsum(ends - begins)])
    at = moments.to_numpy().astype(begins.dtype)
    half = np.searchsorted(ends, at, side="left")
    reached = worked[half] + np.maximum(at - begins[half], np.timedelta64(0))
    wanted = reached + np.timedelta64(hours, "h")
    last = np.searchsorted(worked[1:], wanted, side="left")
    return pd.Series(begins[last] + (wanted - worked[last]), index=moments.index)


def _recurs(frame: Any) -> Any:
    """Tell which were created at a spot where one of the category had been closed up to 30 days before."""
    done = frame[frame.is_closed]
    pairs = frame.merge(done, on=["NC", "category"], suffixes=("", "_before"))
    apart = np.maximum((pairs.lon - pairs.lon_before).abs(), (pairs.lat - pairs.lat_before).abs())
    days = (pairs.created.dt.normalize() - pairs.closed_before.dt.normalize()).dt.days
    follows = (pairs.closed_before <= pairs.created) & (days <= 30) & (apart <= _50_M)
    follows &= pairs.SRNumber != pairs.SRNumber_before
    return frame.SRNumber.isin(pairs[follows].SRNumber)


def figures(frame: Any, since: str, until: str) -> dict[str, tuple[int, int | None, int]]:
    """Return numerator, denominator and the cancelled of every indicator, for days from and before."""
    here = {
        name: frame[(frame[name] >= since) & (frame[name] < until)]
        for name in ("created", "dispatch_due", "due")
    }
    kept = {name: rows[rows.is_filed] for name, rows in here.items()}
    due, sent = kept["due"], kept["due"][kept["due"].is_sent]
    dispatch = kept["dispatch_due"]
    apart = {name: int((~rows.is_filed).sum()) for name, rows in here.items()}
    handled = sent.is_closed & (sent.closed <= sent.handle_due)
    dispatched = dispatch.is_sent & (dispatch.sent <= dispatch.dispatch_due)
    return {
        "reported": (len(kept["created"]), None, apart["created"]),
        "filing_rate": (int(due.is_filed.sum()), len(due), apart["due"]),
        "dispatch_on_time_rate": (int(dispatched.sum()), len(dispatch), apart["dispatch_due"]),
        "handling_on_time_rate": (int(handled.sum()), len(sent), apart["due"]),
        "closing_rate": (int(due.is_closed.sum()), int(due.is_filed.sum()), apart["due"]),
        "rework_rate": (0, int(due.is_closed.sum()), apart["due"]),
        "return_rate": (0, len(sent), apart["due"]),
        "recurrence_rate": (int(due.recurs.sum()), len(due), apart["due"]),
        "satisfaction_rate": (0, 0, apart["due"]),
    }
