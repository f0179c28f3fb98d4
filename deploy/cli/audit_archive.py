"""Months of an audit trail, written into files that are checked, and only then taken out of the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url

from deploy.cli import screen
from deploy.cli.audit_check import check_file
from deploy.cli.audit_trail import write_rows
from deploy.cli.cannot_do import CannotDo
from deploy.cli.databases import chosen_settings, known_services, naming_service, reaching
from deploy.cli.months import month_in
from deploy.cli.whole_file import cannot_write
from deploy.provisioning.database import DATABASE, EVERYBODYS_DATABASE
from shared.kernel.clock import china_now
from shared.runtime import audit
from shared.runtime.database import ServiceDatabase
from shared.runtime.partitions import month_after, trail_is_held
from shared.runtime.postgres_engine import migrating_engine
from shared.runtime.settings import Settings
from shared.runtime.trail_months import (
    TrailChanged,
    TrailMonth,
    digest_before,
    let_go,
    months_before,
)

# 网络安全法 (Cybersecurity Law), Art. 23 (3): logs are kept for six months or longer.
KEPT_MONTHS = 6


def archive(services: Sequence[str], before: str, to: Path) -> None:
    """Archive the months before *before* of the trails of *services*, or of all, into a folder.

    Raises:
        CannotDo: the month is none or too near, a database is away or its owner not known, or a file
            cannot be written or is not what was to be archived. What went before stays gone, and
            archived.
    """
    first_kept = month_in(before, month_after(china_now().date(), -KEPT_MONTHS))
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(to, error) from None
    for service in known_services(services):
        with reaching(service) as database, _owning(service, database) as owning:
            with database.reading() as connection:
                spans = months_before(connection, first_kept)
            for span in spans:
                file = to / f"{service}-{span.month:%Y-%m}.jsonl"
                _archive_month(service, span, file, database, owning)
            if not spans:
                screen.show(f"{service}: 无可归档的月份 · no month to archive")


def _archive_month(
    service: str, span: TrailMonth, file: Path, database: ServiceDatabase, owning: Engine
) -> None:
    if file.exists():
        raise CannotDo(f"{file} 已存在，未覆盖。", f"{file} is there already, and stays.")
    with database.reading() as connection:
        before = digest_before(connection, service, span.first)
        write_rows(audit.trail(connection, after=span.first - 1, last=span.last), file)
    if before is None:
        raise CannotDo(
            f"{service} 第 {span.first} 条之前的摘要已缺失。",
            f"The digest before row {span.first} of {service} is not known.",
        )
    # What counts is what can be read back.
    last, digest = check_file(service, file, after=(span.first - 1, before))
    if last != span.last:
        raise CannotDo(f"{file} 不完整。", f"{file} is not whole.")
    algorithm = chosen_settings().audit_digest
    try:
        with naming_service(service), _writing(owning, database) as connection:
            let_go(connection, service, span, digest, algorithm)
    except TrailChanged:
        raise CannotDo(
            f"{service} 的审计链在归档时变了；文件保留，数据库未动。",
            f"The trail of {service} changed meanwhile; the file stays, and the database is as it was.",
        ) from None
    screen.show(
        f"{service} {span.month:%Y-%m}: {span.first}–{span.last} → {file}；"
        f"此后 · what follows: --after {last}:{digest}"
    )


@contextmanager
def _owning(service: str, database: ServiceDatabase) -> Iterator[Engine]:
    """Give the engine of whoever owns the trail."""
    with naming_service(service), database.reading() as connection:
        is_held = not database.is_sqlite and trail_is_held(connection)
    if not is_held:
        yield database.engine
        return
    engine = migrating_engine(_administrators(chosen_settings()), service)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _writing(owning: Engine, database: ServiceDatabase) -> Iterator[Connection]:
    if owning is database.engine:
        with database.writing() as connection:
            yield connection
    else:
        with owning.begin() as connection:
            yield connection


def _administrators(settings: Settings) -> str:
    """Return the administrator's URL of the services' database."""
    if settings.database_url is None:
        raise CannotDo(
            "审计表不属于服务的角色；请用 WANGGE_DATABASE_URL 给出数据库管理员的地址。",
            "No service's role owns the trail; give an administrator's URL as WANGGE_DATABASE_URL.",
        )
    url = make_url(settings.database_url).set(drivername="postgresql+psycopg2")
    if url.database == EVERYBODYS_DATABASE:
        url = url.set(database=DATABASE)
    return url.render_as_string(hide_password=False)
