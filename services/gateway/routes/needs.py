"""Which permissions an operation needs: written into its OpenAPI document, and held there at its door.

An operation without the entry cannot be put together (`doors.py`), so none is open by oversight.
"""

from typing import Any

from shared.kernel.rights import Permission

NEEDS = "x-needs"


def needs(*permissions: Permission) -> dict[str, Any]:
    """Return what lets in whoever has any of the permissions, as an extension of OpenAPI."""
    return {NEEDS: [permission.value for permission in permissions]}


def needed_by(extra: dict[str, Any] | None) -> tuple[Permission, ...]:
    """Return the permissions of an operation; raises `LookupError` for one that names none."""
    return tuple(Permission(name) for name in (extra or {})[NEEDS])
