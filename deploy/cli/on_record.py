"""What an operator does with keys or personal data at this machine, noted in the audit trail.

Who he is says the operating system, not the environment: `cli:` and the account that the process runs as.
"""

import os
import pwd
from collections.abc import Sequence

from sqlalchemy import Connection

from deploy.cli.databases import chosen_settings
from shared.kernel.actor import Actor
from shared.runtime import audit
from shared.runtime.call import Call

LONGEST_ACCOUNT = 64


def operator() -> Call:
    """Return the call of whoever runs this command."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a container's user has no name
        name = f"uid-{number}"
    return Call(actor=Actor(account=f"cli:{name}"[:LONGEST_ACCOUNT]))


def note(
    connection: Connection,
    service: str,
    deed: str,
    about: Sequence[str],
    *,
    reason: str | None = None,
    outcome: str = audit.DONE,
) -> None:
    """Note in a service's trail, with the transaction, what the operator does there, and to what.

    A deed that is no part of the transaction comes after its commit: one that was broken off is then
    on record, and nothing is done that is not.
    """
    is_one = len(about) == 1
    entry = audit.entry_of(
        operator(),
        f"{service}.{deed}",
        about=about[0] if is_one else None,
        shown=() if is_one else about,
        reason=reason,
        outcome=outcome,
        algorithm=chosen_settings().audit_digest,
    )
    audit.append(connection, [entry])
