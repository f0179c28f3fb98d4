"""Visits to the identity provider, and the links of its people to accounts."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from services.gateway.ports import Identity, Visit
from services.gateway.store.tables import oidc_entry_table, oidc_link_table, oidc_visit_table
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

_visit = oidc_visit_table.c
_entry = oidc_entry_table.c
_link = oidc_link_table.c


class SqlVisits:
    """Visits through the work's connection; taking one deletes it, so that one copy takes it."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, state_digest: str, visit: Visit) -> None:
        row = {"state_digest": state_digest} | asdict(visit)
        self._work.connection.execute(insert(oidc_visit_table).values(**row))

    def take(self, state_digest: str) -> Visit | None:
        taking = (
            delete(oidc_visit_table)
            .where(_visit.state_digest == state_digest)
            .returning(_visit.nonce, _visit.verifier, _visit.return_to, _visit.until)
        )
        row = self._work.connection.execute(taking).first()
        return None if row is None else Visit(**row._mapping)

    def put_entry(self, code_digest: str, account: str, until: datetime) -> None:
        row = {"code_digest": code_digest, "account": account, "until": until}
        self._work.connection.execute(insert(oidc_entry_table).values(**row))

    def take_entry(self, code_digest: str, now: datetime) -> str | None:
        taking = (
            delete(oidc_entry_table)
            .where(_entry.code_digest == code_digest)
            .returning(_entry.account, _entry.until)
        )
        row = self._work.connection.execute(taking).first()
        return None if row is None or row.until <= now else str(row.account)

    def forget(self, before: datetime) -> None:
        """Forget who never came back."""
        self._work.connection.execute(delete(oidc_visit_table).where(_visit.until < before))
        self._work.connection.execute(delete(oidc_entry_table).where(_entry.until < before))


class SqlLinks:
    """Links through the work's connection."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def account_of(self, issuer: str, subject: str) -> str | None:
        asked = select(_link.account).where(_link.issuer == issuer, _link.subject == subject)
        return self._work.connection.scalar(asked)

    def fill(self, identity: Identity, at: datetime) -> bool:
        filled = self._work.connection.execute(
            update(oidc_link_table)
            .where(
                _link.issuer == identity.issuer,
                _link.account == identity.account,
                _link.subject.is_(None),
            )
            .values(subject=identity.subject, linked_at=at)
        )
        return bool(filled.rowcount == 1)

    def allow(self, issuer: str, account: str) -> None:
        """Let an account enter by the provider; who is linked already is linked no more."""
        connection = self._work.connection
        row = {"issuer": issuer, "account": account, "subject": None, "linked_at": None}
        connection.execute(replacing(connection.dialect.name, oidc_link_table), row)

    def remove(self, issuer: str, account: str) -> bool:
        gone = self._work.connection.execute(
            delete(oidc_link_table).where(_link.issuer == issuer, _link.account == account)
        )
        return bool(gone.rowcount)

    def all(self) -> Sequence[dict[str, Any]]:
        asked = select(oidc_link_table).order_by(_link.issuer, _link.account)
        return [dict(row._mapping) for row in self._work.connection.execute(asked)]
