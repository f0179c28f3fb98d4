"""`wangge oidc`: who may enter by way of the identity provider."""

import pytest

from services.gateway import wiring
from shared.kernel.rights import Role
from shared.runtime.database import ServiceDatabase
from shared.runtime.settings import Settings
from tests.component.cli.commands import Shell

ISSUER = "https://id.example.gov.cn"


@pytest.fixture
def shell(wangge: Shell, empty_schemas: Settings) -> Shell:
    wangge.environment["WANGGE_CREDENTIALS"] = str(empty_schemas.credentials)
    wangge.environment["WANGGE_KEYRING"] = str(empty_schemas.keyring_file)
    assert wangge.run("migrate", "gateway").code == 0
    database = ServiceDatabase(empty_schemas, "gateway")
    wiring.create_account(database)(
        account="district", name="District", password="right-password", roles=[Role.DUTY_OFFICER]
    )
    database.close()
    wangge.environment |= {"WANGGE_OIDC_ISSUER": ISSUER, "WANGGE_OIDC_CLIENT_ID": "wangge"}
    return wangge


def test_is_allowed_listed_and_forbidden(shell: Shell) -> None:
    assert shell.run("oidc", "allow", "district").code == 0
    listed = shell.run("oidc", "list")
    assert "district" in listed.out
    assert ISSUER in listed.out

    assert shell.run("oidc", "forbid", "district").code == 0
    assert "district" not in shell.run("oidc", "list").out
    assert shell.run("oidc", "forbid", "district").code == 1


def test_is_of_accounts_there_are_alone(shell: Shell) -> None:
    ended = shell.run("oidc", "allow", "nobody")
    assert ended.code == 1
    assert "nobody" in ended.err
