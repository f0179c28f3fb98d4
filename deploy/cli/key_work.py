"""The keyring of this machine, and what in the services' databases is sealed with which of its keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from deploy.cli.databases import chosen_settings, known_services, no_keys, reaching
from deploy.cli.on_record import note
from deploy.services import EDGE, tables_of
from shared.kernel.clock import china_now
from shared.runtime.database import ServiceDatabase
from shared.runtime.keyring import (
    KeyFile,
    KeyMissing,
    KeyringUnusable,
    Keys,
    with_new_key,
    without_key,
)
from shared.runtime.resealing import (
    SealedTable,
    letters_under,
    rows_behind,
    rows_under,
    seal_anew,
    sealed_tables,
)
from shared.runtime.sealing import SealBroken, sealer_of


def show(services: Sequence[str]) -> None:
    """List the keys, and of each service how many rows are sealed with each.

    Raises:
        CannotDo: a service is unknown, its database is away, or there is no keyring.
    """
    keys = _keys()
    table = screen.table("密钥 · keys")
    for heading in ("密钥 key", "制成 made", "服务 service: 行 rows"):
        table.add_column(heading, overflow="fold")
    for key_id, key in keys.keys.items():
        counts = [
            f"{service}: {count:,}"
            for service in known_services(services)
            if (count := _count_under(service, key_id))
        ]
        current = " （当前 · current）" if key_id == keys.current else ""
        table.add_row(key_id + current, f"{key.made_at:%Y-%m-%d %H:%M}", ", ".join(counts) or "–")
    screen.show(table)


def init() -> None:
    """Make the keyring of a new platform.

    Raises:
        CannotDo: there is one, it cannot be written, or the keys come from elsewhere.
    """
    file = _file()
    try:
        is_new = file.make()
    except KeyringUnusable as reason:
        raise no_keys(reason) from None
    if not is_new:
        raise CannotDo(
            f"{file.path} 已存在；已加密的数据只有它能打开。要增加密钥：wangge keys rotate。",
            f"{file.path} exists, and what it sealed opens with it alone. To add a key: wangge keys rotate.",
        )
    screen.show(f"密钥库 · keyring: {file.path}")
    screen.say("请与数据库分开备份 · back it up, apart from the databases")


def rotate() -> None:
    """Add a key, and seal with it from now on; it stands in the gateway's audit trail.

    Raises:
        CannotDo: there is no keyring file, or the gateway's database is away.
    """
    with _changing() as (file, keys):
        changed = with_new_key(keys)
        _note(EDGE, "rotate_keys", changed.current)
        file.write(changed)
    screen.show(f"当前密钥 · the current key is {changed.current}")
    screen.say("旧数据：wangge keys reencrypt · what is sealed already: wangge keys reencrypt")


def reencrypt(services: Sequence[str]) -> None:
    """Seal anew what is not sealed with the current key; each service's audit trail says so.

    Raises:
        CannotDo: as for `show`; or something does not open.
    """
    current = _keys().current
    for service in known_services(services):
        with _reaching(service) as database:
            if any(rows_behind(database, each) for each in _sealed_tables(service, database)):
                _note(service, "reencrypt", current)
            for sealed in _sealed_tables(service, database):
                _reencrypt(service, database, sealed)


def _reencrypt(service: str, database: ServiceDatabase, sealed: SealedTable) -> None:
    name = f"{service}.{sealed.table.name}"
    total = rows_behind(database, sealed)
    if not total:
        screen.show(f"{name}: 已是当前密钥 · under the current key")
        return
    done = 0
    with screen.metered(f"重新加密 · re-encrypting {name}", total) as meter:
        for rows in seal_anew(database, sealed):
            done += rows
            meter.to(done, f"{done:,}/{total:,}")
    screen.show(f"{name}: {done:,} 行 · rows")


def retire(key_id: str, after_hours: float, *, gives_up_letters: bool) -> None:
    """Take a key out of the keyring; it stands in the gateway's audit trail.

    Raises:
        CannotDo: it is in use, or was until a moment ago; or as for `show`.
    """
    with _changing() as (file, keys):
        _check_out_of_use(keys, key_id, after_hours)
        _check_seals_nothing(key_id)
        if not gives_up_letters:
            _check_no_letter_needs(key_id)
        _note(EDGE, "retire_key", key_id)
        file.write(without_key(keys, key_id))
    screen.show(f"已停用 · retired {key_id}")


def _check_out_of_use(keys: Keys, key_id: str, after_hours: float) -> None:
    if key_id not in keys.keys:
        raise CannotDo(
            f"没有密钥 {key_id}；见 wangge keys list。",
            f"There is no key {key_id}; wangge keys list.",
        )
    if key_id == keys.current:
        raise CannotDo(
            f"{key_id} 是当前密钥；请先 wangge keys rotate。",
            f"{key_id} is the current key; wangge keys rotate first.",
        )
    may_go_at = keys.keys[keys.current].made_at + timedelta(hours=after_hours)
    if may_go_at > china_now():
        raise CannotDo(
            f"消息可能仍以 {key_id} 加密在途；{may_go_at:%Y-%m-%d %H:%M} 之后方可停用。",
            f"Messages sealed with {key_id} may be under way; it may go after {may_go_at:%Y-%m-%d %H:%M}.",
        )


def _check_seals_nothing(key_id: str) -> None:
    left = [
        f"{service}: {count:,}"
        for service in known_services([])
        if (count := _count_under(service, key_id))
    ]
    if left:
        raise CannotDo(
            f"仍有数据以 {key_id} 加密；请先 wangge keys reencrypt。",
            f"Something is still sealed with {key_id}; wangge keys reencrypt first.",
            left,
        )


def _check_no_letter_needs(key_id: str) -> None:
    left = []
    for service in known_services([]):
        with _reaching(service) as database:
            if count := letters_under(database, key_id):
                left.append(f"{service}: {count:,}")
    if left:
        raise CannotDo(
            f"待重放的死信仍以 {key_id} 加密；请先 wangge deadletters replay，或以 --give-up-letters 放弃。",
            f"Dead letters that wait are sealed with {key_id}; wangge deadletters replay first, or give them up "
            "with --give-up-letters.",
            left,
        )


def _count_under(service: str, key_id: str) -> int:
    with _reaching(service) as database:
        tables = _sealed_tables(service, database)
        return sum(rows_under(database, sealed, key_id) for sealed in tables)


def _sealed_tables(service: str, database: ServiceDatabase) -> Iterator[SealedTable]:
    return sealed_tables(tables_of(service), database.engine.dialect.name)


def _note(service: str, deed: str, key_id: str) -> None:
    with _reaching(service) as database, database.writing() as connection:
        note(connection, service, deed, [key_id])


def _keys() -> Keys:
    try:
        return sealer_of(chosen_settings()).keyring.keys
    except KeyringUnusable as reason:
        raise no_keys(reason) from None


def _file() -> KeyFile:
    """Return the keyring file, which is ours to write.

    Raises:
        CannotDo: the keys come from elsewhere.
    """
    settings = chosen_settings()
    if settings.keyring_command is not None:
        raise CannotDo(
            "密钥由 WANGGE_KEYRING_COMMAND 提供；请在其来源处增删，运行中的服务会随之更新。",
            "The keys come from WANGGE_KEYRING_COMMAND; add and remove them there, and running services follow.",
        )
    return KeyFile(settings.keyring_file)


@contextmanager
def _changing() -> Iterator[tuple[KeyFile, Keys]]:
    """Give the keyring to be changed."""
    file = _file()
    try:
        yield file, file.read()
    except KeyringUnusable as reason:
        raise no_keys(reason) from None


@contextmanager
def _reaching(service: str) -> Iterator[ServiceDatabase]:
    try:
        with reaching(service) as database:
            yield database
    except (KeyringUnusable, KeyMissing, SealBroken) as reason:
        raise CannotDo(
            f"{service} 有数据打不开；密钥库是否为这个平台所有？",
            f"Something of {service} does not open ({reason}); is this the platform's keyring?",
        ) from None
