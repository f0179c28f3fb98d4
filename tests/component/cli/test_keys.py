"""`wangge keys`: shown, rotated, everything sealed anew, and taken out when nothing needs them."""

import os
import pwd
import re
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from services.gateway.store.tables import account_table
from shared.runtime import dead_letters
from shared.runtime.audit import trail
from shared.runtime.database import ServiceDatabase
from shared.runtime.keyring import KeyFile
from shared.runtime.settings import Settings
from tests.component.cli.commands import Shell

NAMES = {f"account-{number}": f"张三{number}" for number in range(450)}


@pytest.fixture
def keyed(empty_schemas: Settings, tmp_path: Path) -> Settings:
    """Give settings with a keyring of this test's own."""
    assert KeyFile(tmp_path / "keyring.json").make()
    return empty_schemas.model_copy(update={"keyring": tmp_path / "keyring.json"})


@pytest.fixture
def sealed(wangge: Shell, keyed: Settings) -> Shell:
    """Give a shell whose gateway has accounts with sealed names."""
    wangge.environment["WANGGE_KEYRING"] = str(keyed.keyring)
    wangge.environment["WANGGE_CREDENTIALS"] = str(keyed.credentials)
    assert wangge.run("migrate").code == 0
    keep_accounts(keyed)
    return wangge


def keep_accounts(settings: Settings) -> None:
    database = ServiceDatabase(settings, "gateway")
    with database.writing() as connection:
        connection.execute(
            insert(account_table),
            [
                {
                    "account": account,
                    "password_hash": "",
                    "name": name,
                    "is_active": True,
                    "failures": 0,
                    "locked_until": None,
                }
                for account, name in NAMES.items()
            ],
        )
    database.close()


def names(settings: Settings) -> dict[str, str]:
    database = ServiceDatabase(settings, "gateway")
    with database.reading() as connection:
        rows = connection.execute(select(account_table.c.account, account_table.c.name)).all()
    database.close()
    return {row.account: row.name.plain for row in rows}


def key_of(settings: Settings) -> str:
    return KeyFile(settings.keyring_file).read().current


def test_a_key_goes_when_nothing_is_sealed_with_it(sealed: Shell, keyed: Settings) -> None:
    old = key_of(keyed)

    assert sealed.run("keys", "rotate").code == 0
    listed = sealed.run("keys", "list", "gateway")
    too_soon = sealed.run("keys", "retire", old)
    needed = sealed.run("keys", "retire", old, "--after-hours", "0")
    anew = sealed.run("keys", "reencrypt")
    again = sealed.run("keys", "reencrypt", "gateway")
    retired = sealed.run("keys", "retire", old, "--after-hours", "0")

    assert listed.code == 0, listed.err
    assert re.search(rf"{old}.*gateway: {len(NAMES)}", listed.out)
    assert key_of(keyed) in listed.out
    assert too_soon.code == 1
    assert "under way" in too_soon.err
    assert needed.code == 1
    assert f"gateway: {len(NAMES)}" in needed.err
    assert anew.code == 0, anew.err
    assert f"gateway.account: {len(NAMES)}" in anew.out
    assert "gateway.account: 已是当前密钥" in again.out
    assert retired.code == 0, retired.err
    assert set(KeyFile(keyed.keyring_file).read().keys) == {key_of(keyed)} != {old}
    assert names(keyed) == NAMES


def test_what_is_done_with_keys_is_on_record(sealed: Shell, keyed: Settings) -> None:
    old = key_of(keyed)
    assert sealed.run("keys", "rotate").code == 0
    new = key_of(keyed)
    for command in (("reencrypt",), ("reencrypt",), ("retire", old, "--after-hours", "0")):
        assert sealed.run("keys", *command).code == 0
    assert sealed.run("keys", "retire", new, "--after-hours", "0").code == 1

    who = f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    assert noted(keyed, "gateway") == [
        (who, "gateway.rotate_keys", new, "done"),
        (who, "gateway.reencrypt", new, "done"),
        (who, "gateway.retire_key", old, "done"),
    ]
    # It had nothing to seal anew.
    assert noted(keyed, "grid") == []


def test_a_key_that_cannot_be_put_on_record_is_not_made(sealed: Shell, keyed: Settings) -> None:
    old = key_of(keyed)
    sealed.environment["WANGGE_CREDENTIALS"] = str(keyed.data / "none.json")

    refused = sealed.run("keys", "rotate")

    assert refused.code == 1
    assert "gateway" in refused.err
    assert key_of(keyed) == old


def noted(settings: Settings, service: str) -> list[tuple[str, str, str, str]]:
    """Return who did what to which key, and with what outcome, by a service's audit trail."""
    database = ServiceDatabase(settings, service)
    with database.reading() as connection:
        rows = [
            (row["account"], row["action"], row["about"], row["outcome"])
            for row in trail(connection)
        ]
    database.close()
    return rows


def test_a_key_stays_while_a_dead_letter_needs_it(sealed: Shell, keyed: Settings) -> None:
    old = key_of(keyed)
    keep_letters(keyed, old, "ValueError", "Forged: not signed by patrol")
    for command in ("rotate", "reencrypt"):
        assert sealed.run("keys", command).code == 0

    needed = sealed.run("keys", "retire", old, "--after-hours", "0")
    given_up = sealed.run("keys", "retire", old, "--after-hours", "0", "--give-up-letters")

    assert needed.code == 1
    assert "command: 1" in needed.err
    assert given_up.code == 0, given_up.err


def keep_letters(settings: Settings, key_id: str, *reasons: str) -> None:
    """Let a dead letter lie in command's table for each reason, its body sealed with a key."""
    database = ServiceDatabase(settings, "command")
    with database.writing() as connection:
        for reason in reasons:
            headers = {"event_type": "patrol.incident.signed.v1", "queue": "q", "reason": reason}
            dead_letters.keep(connection, headers, {"personal": f"1.{key_id}.c2VhbGVk"})
    database.close()


def test_the_current_key_and_one_that_is_none_stay(sealed: Shell, keyed: Settings) -> None:
    for key_id, why in ((key_of(keyed), "current key"), ("k9-ffff", "no key k9-ffff")):
        refused = sealed.run("keys", "retire", key_id, "--after-hours", "0")

        assert refused.code == 1
        assert why in refused.err


def test_a_keyring_is_made_once(wangge: Shell, tmp_path: Path) -> None:
    wangge.environment["WANGGE_KEYRING"] = str(tmp_path / "etc" / "keyring.json")

    made = wangge.run("keys", "init")
    kept = (tmp_path / "etc" / "keyring.json").read_bytes()
    again = wangge.run("keys", "init")

    assert made.code == 0, made.err
    assert str(tmp_path / "etc" / "keyring.json") in made.out
    assert again.code == 1
    assert "wangge keys rotate" in again.err
    assert (tmp_path / "etc" / "keyring.json").read_bytes() == kept


def test_a_keyring_that_is_named_is_not_made_by_a_migration(wangge: Shell, tmp_path: Path) -> None:
    wangge.environment["WANGGE_KEYRING"] = str(tmp_path / "elsewhere.json")

    refused = wangge.run("migrate", "grid")

    assert refused.code == 1
    for said in ("没有密钥库", "There is no keyring", "elsewhere.json", "wangge keys init"):
        assert said in refused.err
    assert not (tmp_path / "elsewhere.json").exists()


def test_a_lost_keyring_is_not_made_anew_over_what_it_sealed(wangge: Shell, tmp_path: Path) -> None:
    assert wangge.run("migrate", "gateway").code == 0
    settings = Settings(data=tmp_path / "var")
    old = key_of(settings)
    keep_accounts(settings)
    settings.keyring_file.unlink()

    refused = wangge.run("migrate", "gateway")

    assert refused.code == 1
    assert "There is no keyring" in refused.err
    assert not settings.keyring_file.exists()
    assert KeyFile(settings.keyring_file).make()
    refused = wangge.run("migrate", "gateway")
    assert refused.code == 1
    assert f"sealed with key {old}" in refused.err
    assert f"以密钥 {old} 加密" in refused.err


def test_a_keyring_that_is_not_there_is_not_made(sealed: Shell, tmp_path: Path) -> None:
    sealed.environment["WANGGE_KEYRING"] = str(tmp_path / "elsewhere.json")

    for command in (("list",), ("rotate",), ("reencrypt",), ("retire", "k1-0000")):
        refused = sealed.run("keys", *command)

        assert refused.code == 1
        assert "elsewhere.json" in refused.err
    assert not (tmp_path / "elsewhere.json").exists()


def test_another_platforms_keyring_opens_nothing(
    sealed: Shell, keyed: Settings, tmp_path: Path
) -> None:
    other = KeyFile(tmp_path / "other.json")
    other.make()
    sealed.environment["WANGGE_KEYRING"] = str(other.path)

    refused = sealed.run("keys", "reencrypt", "gateway")

    assert refused.code == 1
    assert f"sealed with key {key_of(keyed)}" in refused.err


def test_keys_of_a_command_are_changed_where_they_come_from(sealed: Shell, keyed: Settings) -> None:
    sealed.environment["WANGGE_KEYRING_COMMAND"] = f"cat {keyed.keyring}"

    assert sealed.run("keys", "list").code == 0
    refused = sealed.run("keys", "rotate")

    assert refused.code == 1
    assert "WANGGE_KEYRING_COMMAND" in refused.err
