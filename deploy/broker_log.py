"""What RabbitMQ refused, read from its own log: of an outsider's tries nobody else knows.

Understood are the lines of RabbitMQ 3.9 and later, as it writes them when nobody has set another
format. What a user was called who is none of ours is not told: it may be a password typed in the wrong
place.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from deploy.services import WITH_TABLES

_LINE = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d) \[error\] (?P<process><[\d.]+>) (?P<said>.*)"
)
# Comes before the reason, from the same process of the node.
_WHERE_FROM = re.compile(
    r"(?:Error on AMQP|Channel error on) connection <[\d.]+> \((?P<peer>\S+):\d+ -> [^,)]*(?:.*?user: '(?P<user>[^']*)')?"
)
_REASONS = {
    "login_refused": re.compile(r"\S+ login refused: user '(?P<user>[^']*)'"),
    "vhost_refused": re.compile(
        r"access to vhost '(?P<what>[^']*)' refused for user '(?P<user>[^']*)'"
    ),
    "no_such_vhost": re.compile(r"vhost (?P<what>.*) not found"),
    "access_refused": re.compile(
        r"operation \S+ caused a channel exception access_refused: access to "
        r"(?P<what>\w+ '.*') in vhost '[^']*' refused for user '(?P<user>[^']*)'"
    ),
}
LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerRefusal:
    """A try that the broker refused; *line* is a digest of where it says so, by which it is known again."""

    at: datetime
    user: str
    kind: str
    what: str | None
    peer: str | None
    line: str


def refusals(lines: Iterable[str]) -> Iterator[BrokerRefusal]:
    """Yield what was refused, in the order of the log."""
    begun: dict[str, re.Match[str]] = {}
    for line in lines:
        form = _LINE.match(line)
        if form is None:
            continue
        process, said = form["process"], form["said"]
        if (where := _WHERE_FROM.match(said)) is not None:
            begun = {process: where}  # the reason is the next line
            continue
        for kind, reason in _REASONS.items():
            if (found := reason.match(said)) is not None:
                yield _refusal(kind, form, found, begun.get(process))


def _refusal(
    kind: str, form: re.Match[str], found: re.Match[str], where: re.Match[str] | None
) -> BrokerRefusal:
    named = found.groupdict()
    user = named.get("user") or (where["user"] if where is not None else None)
    return BrokerRefusal(
        at=datetime.fromisoformat(form["at"]),
        user=user if user in WITH_TABLES else "unknown",
        kind=kind,
        what=None if named.get("what") is None else named["what"][:LONGEST],
        peer=None if where is None else where["peer"],
        line=hashlib.sha256(form[0].encode()).hexdigest(),
    )
