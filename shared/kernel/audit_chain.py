"""The chain of an audit trail: each row's digest covers the row before it, so none can be changed unseen.

GB/T 22239-2019, 8.1.4.3: audit records are protected from being deleted, changed or overwritten. What
the chain alone cannot show is that its end was cut off or all of it made anew: for that number and
digest of a row are noted elsewhere, as an anchor, and compared (`shared.kernel.trail_check`).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

Algorithm = Literal["sha256", "sm3"]
# What stands before the first row.
BEGINNING = "0" * 64
# All that a digest covers; in this order nowhere, the text is sorted.
FIELDS = (
    "number",
    "at",
    "account",
    "roles",
    "place_code",
    "call_id",
    "action",
    "about",
    "outcome",
    "algorithm",
)
# Covered where a row has them. A row without one has no such field at all, neither here nor in an
# export: so rows from before there were any keep their digests, and none can be added or taken away.
OPTIONAL = ("reason", "shown")


def digest_of(previous: str, row: Mapping[str, Any]) -> str:
    """Return the digest of a row, in hex: of the digest before it and its fields as sorted JSON.

    Raises:
        ValueError: the algorithm is none of ours.
        KeyError: a field is missing.
    """
    if row["algorithm"] not in ("sha256", "sm3"):
        raise ValueError("unknown algorithm")
    text = json.dumps(covered(row), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # GB/T 32905-2016 (SM3) has the same length.
    return hashlib.new(row["algorithm"], f"{previous}\n{text}".encode()).hexdigest()


def covered(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row that its digest covers; raises `KeyError` where one is missing."""
    optional = {name: row[name] for name in OPTIONAL if row.get(name) is not None}
    return {name: row[name] for name in FIELDS} | optional
