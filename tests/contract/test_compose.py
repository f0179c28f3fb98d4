"""The compose file runs the same processes as the manifests and as `make up`; its secrets lie elsewhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.first_secrets import first_secrets, write_for_compose
from deploy.manifests.compose import COMPOSE_FILE, compose_findings, composed
from deploy.manifests.processes import PROCESSES
from deploy.production.folder import ProductionFolder
from deploy.production.programs import service_programs
from deploy.services import WITH_TABLES
from shared.runtime.credentials import Credentials
from shared.runtime.keyring import KeyFile, with_new_key
from shared.runtime.settings import Settings

Mistake = Callable[[str, str], str]


@pytest.fixture
def mistake(tmp_path: Path) -> Mistake:
    """Return a way to make a mistake in a copy, and to hear what is found."""

    def plant(right: str, wrong: str) -> str:
        text = COMPOSE_FILE.read_text("utf-8")
        assert right in text
        copy = tmp_path / "compose.yaml"
        copy.write_text(text.replace(right, wrong), "utf-8")
        return "\n".join(compose_findings(copy))

    return plant


def test_the_compose_file_is_in_order() -> None:
    assert compose_findings() == []


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("[deploy.worker, grid]", "[deploy.worker, gird]", "grid runs"),
        ("  patrol:\n", "  patroll:\n", "patrol is missing"),
        ("WANGGE_HEARTBEAT: ", "WANGGE_HEARTBEET: ", "there is no setting WANGGE_HEARTBEET"),
        ("/grid.env", "/patrol.env", "grid: reads secrets of others: patrol"),
        ("read_only: true", "read_only: false", "may write into its image"),
        ("cap_drop: [ALL]", "user: root", "keeps rights"),
        ('security_opt: ["no-new-privileges:true"]', "security_opt: []", "may gain rights"),
        ("RABBITMQ_DEFAULT_VHOST: wangge", "RABBITMQ_DEFAULT_PASS: x", "a secret in plain text"),
        ("postgres:15-bookworm", "postgres", "has no tag but latest"),
        ("restart: unless-stopped", "init: false", "is not started again"),
        ("stop_grace_period: 12s", "init: false", "is given no time to stop"),
        (
            "[deploy.edge]\n    environment:",
            "[deploy.edge]\n    x-environment:",
            "edge: has no keyring",
        ),
        ("  volumes: [*keyring]\n", "", "patrol: has no keyring"),
        ("/run/keyring:ro", "/run/keyring", "migrate: may write its keyring"),
        ("/keyring:/run/keyring:ro", "/keys:/run/keyring:ro", "grid: has another keyring"),
        ("healthcheck:", "x-healthcheck:", "nobody looks whether it is well"),
    ],
)
def test_a_mistake_is_caught(mistake: Mistake, right: str, wrong: str, said: str) -> None:
    assert said in mistake(right, wrong)


def test_make_up_runs_the_same_processes_with_the_same_variables(tmp_path: Path) -> None:
    urls = Credentials(amqp_url="amqp://broker", database_url="postgresql://database")
    programs = service_programs(
        ProductionFolder(tmp_path), Settings(data=tmp_path), dict.fromkeys(WITH_TABLES, urls)
    )

    assert [program.command[2:] for program in programs] == list(PROCESSES.values())
    # On one machine these lie in files beside the data.
    in_files = {"WANGGE_IDENTITY_KEY", "WANGGE_IDENTITY_KEYS"}
    for program, secret in zip(programs, PROCESSES, strict=True):
        assert set(first_secrets()[secret]) - in_files <= set(program.environment)


class TestFirstSecrets:
    def test_fill_every_env_file_that_the_compose_file_reads(self, tmp_path: Path) -> None:
        folder = tmp_path / "secrets"
        write_for_compose(first_secrets(), folder)

        read = {
            Path(file).name for each in composed().values() for file in each.get("env_file", ())
        }

        others = {"credentials.json", "keyring"}
        assert read | others == {file.name for file in folder.iterdir()}

    def test_hold_the_keyring_in_a_folder_that_the_containers_user_reads(
        self, tmp_path: Path
    ) -> None:
        write_for_compose(first_secrets(), tmp_path / "secrets")
        folder = tmp_path / "secrets" / "keyring"

        assert len(KeyFile(folder / "keyring.json").read().keys) == 1
        assert folder.stat().st_mode & 0o777 == 0o755
        assert (folder / "keyring.json").stat().st_mode & 0o777 == 0o644

    def test_stay_readable_to_the_containers_when_the_keyring_is_rotated(
        self, tmp_path: Path
    ) -> None:
        write_for_compose(first_secrets(), tmp_path / "secrets")
        file = KeyFile(tmp_path / "secrets" / "keyring" / "keyring.json")

        file.write(with_new_key(file.read()))

        assert len(file.read().keys) == 2
        assert file.path.stat().st_mode & 0o777 == 0o644

    def test_are_for_their_owner_only(self, tmp_path: Path) -> None:
        folder = tmp_path / "secrets"
        write_for_compose(first_secrets(), folder)

        assert folder.stat().st_mode & 0o077 == 0
        assert {file.stat().st_mode & 0o077 for file in folder.glob("*.env")} == {0}

    def test_are_not_made_twice(self, tmp_path: Path) -> None:
        write_for_compose(first_secrets(), tmp_path / "secrets")

        with pytest.raises(FileExistsError):
            write_for_compose(first_secrets(), tmp_path / "secrets")

    def test_are_never_the_same(self) -> None:
        assert first_secrets()["patrol"] != first_secrets()["patrol"]
