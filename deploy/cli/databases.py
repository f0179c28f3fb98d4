"""The databases of this machine: migrated, compared with the models, filled with the example district."""

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from deploy.data_folder import CannotStart, held
from shared.runtime.database import ServiceDatabase
from shared.runtime.keyring import KeyringUnusable
from shared.runtime.migrations import SERVICES, differs_from_models, migrate
from shared.runtime.settings import Settings, SettingsInvalid, load_settings

# The tables of the services are defined beside what imports eventlet; nothing here runs on it.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")


def bring_up(services: Sequence[str]) -> None:
    """Migrate the databases of *services*, or of all.

    Raises:
        CannotDo: a service is unknown, another process holds the data, or a database is away.
    """
    wanted = known_services(services)
    settings = chosen_settings()
    with _holding(settings):
        _migrate(settings, wanted)


def check(services: Sequence[str]) -> None:
    """See whether the databases of *services*, or of all, are in the present form.

    Raises:
        CannotDo: one is behind, or as for `bring_up`.
    """
    settings = chosen_settings()
    behind = []
    for service in known_services(services):
        is_behind = _is_behind(settings, service)
        state = "需要升级 · is behind" if is_behind else "已是最新 · in the present form"
        screen.show(f"{service}: {state}")
        behind += [service] * is_behind
    if behind:
        raise CannotDo(
            f"{'、'.join(behind)} 的数据库需要升级：wangge migrate。",
            f"The databases of {', '.join(behind)} are behind: wangge migrate.",
        )


def fill() -> None:
    """Migrate all databases and write the example district into them.

    Raises:
        CannotDo: as for `bring_up`.
    """
    from deploy.demo.seed import seed_demo  # the geometry it needs is slow to load

    settings = chosen_settings()
    with _holding(settings):
        _migrate(settings, known_services([]))
        password = seed_demo(settings, screen.say)
    if password is not None:
        screen.show(f"密码（只显示这一次） · password, shown this once: {password}")
    screen.show("示例数据就绪 · the example district is there")


def _migrate(settings: Settings, services: Sequence[str]) -> None:
    for service in services:
        with naming_service(service):
            migrate(settings, service)
        screen.show(f"{service}: 已是最新 · in the present form")


def with_migrations() -> list[str]:
    """Return the services that have tables."""
    return sorted(folder.parents[1].name for folder in SERVICES.glob("*/migrations/versions"))


def known_services(services: Sequence[str]) -> list[str]:
    """Return *services*, or all that have tables where none is named.

    Raises:
        CannotDo: there is no such service.
    """
    known = with_migrations()
    unknown = [service for service in services if service not in known]
    if unknown:
        raise CannotDo(
            f"没有服务 {'、'.join(unknown)}；可用：{'、'.join(known)}。",
            f"There is no service {', '.join(unknown)}; there are: {', '.join(known)}.",
        )
    return list(services) or known


def _is_behind(settings: Settings, service: str) -> bool:
    try:
        with naming_service(service):
            url = settings.service_database_url(service)
            # To look into an SQLite file that is not there would make an empty one.
            if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
                return True
            return differs_from_models(settings, service)
    except CommandError:  # Alembic's word for a database at an earlier revision
        return True


def chosen_settings() -> Settings:
    """Return the settings of the environment.

    Raises:
        CannotDo: one of them is wrong.
    """
    try:
        return load_settings()
    except SettingsInvalid as invalid:
        raise CannotDo(
            "环境变量不合要求。", "The settings are wrong.", str(invalid).splitlines()
        ) from None


@contextlib.contextmanager
def _holding(settings: Settings) -> Iterator[None]:
    """Hold the data folder, unless the databases lie elsewhere."""
    if settings.database_url is not None or settings.credentials is not None:
        yield
        return
    try:
        with held(settings.data):
            yield
    except CannotStart as reason:
        en, _, zh = str(reason).partition(" · ")
        raise CannotDo(zh, en) from None


def no_keys(reason: KeyringUnusable) -> CannotDo:
    """Return the refusal of a command that lacks the keys of what it would read or write."""
    en, _, zh = str(reason).partition(" · ")
    return (
        CannotDo(zh, en) if zh else CannotDo("密钥库不可用。", f"The keyring cannot be used: {en}")
    )


@contextlib.contextmanager
def naming_service(service: str) -> Iterator[None]:
    """Name the service whose database fails; keep Alembic's own lines to itself."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        yield
    except SettingsInvalid as invalid:
        raise CannotDo(
            f"{service} 没有数据库凭据。", f"There are no credentials for {service}: {invalid}"
        ) from None
    except KeyringUnusable as unusable:
        raise no_keys(unusable) from None
    except (SQLAlchemyError, ModuleNotFoundError) as error:  # the latter: a driver not installed
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise CannotDo(
            f"{service} 的数据库不可用，请检查 WANGGE_DATABASE_URL、WANGGE_CREDENTIALS 或 WANGGE_DATA。",
            f"The database of {service} cannot be used ({reason}); look at WANGGE_DATABASE_URL, WANGGE_CREDENTIALS or WANGGE_DATA.",
        ) from None


@contextlib.contextmanager
def reaching(service: str) -> Iterator[ServiceDatabase]:
    """Give the database of *service*; raises `CannotDo` when it cannot be used."""
    with (
        naming_service(service),
        contextlib.closing(ServiceDatabase(chosen_settings(), service)) as database,
    ):
        yield database
