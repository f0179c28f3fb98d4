"""`wangge clients`: registered, listed, disabled."""

import json
from pathlib import Path

import pytest

from shared.runtime.settings import Settings
from tests.component.cli.commands import Shell

KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
ADD = ("--name", "城管局", "--purpose", "案件推送", "--place", "420802")


@pytest.fixture
def shell(wangge: Shell, empty_schemas: Settings) -> Shell:
    wangge.environment["WANGGE_CREDENTIALS"] = str(empty_schemas.credentials)
    assert wangge.run("migrate", "gateway").code == 0
    return wangge


def test_are_registered_with_a_secret_shown_once(shell: Shell) -> None:
    added = shell.run("clients", "add", "urban", *ADD)
    assert added.code == 0, added.err
    secret = added.out.split()[-1]
    assert len(secret) >= 43
    assert f"urban.{secret}" in added.out  # its API key

    listed = shell.run("clients", "list")
    assert "urban" in listed.out
    assert "城管局" in listed.out
    assert secret not in listed.out

    again = shell.run("clients", "add", "urban", *ADD)
    assert again.code == 1
    assert "urban" in again.err

    assert shell.run("clients", "disable", "urban").code == 0
    assert "client_disabled" in shell.run("clients", "list").out
    assert shell.run("clients", "disable", "nobody").code == 1


def test_are_registered_with_a_key_of_their_own(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(KEY))
    added = shell.run("clients", "add", "court", *ADD, "--public-key", str(file))
    assert added.code == 0, added.err
    assert "secret" not in added.out

    file.write_text("{}")
    assert shell.run("clients", "add", "other", *ADD, "--public-key", str(file)).code == 1
    missing = shell.run("clients", "add", "other", *ADD, "--public-key", str(tmp_path / "none"))
    assert missing.code == 1
