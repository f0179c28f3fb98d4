"""The private PostgreSQL starts, keeps its data, and leaves nothing behind."""

import stat
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from deploy import postgres
from deploy.free_ports import free_ports
from deploy.postgres import PrivatePostgres, find_postgres, foreground_command
from shared.kernel.errors import Unavailable
from tests.databases import connected, needs_postgres


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder that nobody but who runs the tests reaches, as pytest's are."""
    (tmp_path / "cluster").mkdir(mode=0o700)
    return tmp_path / "cluster"


@pytest.fixture
def installed_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(postgres, "INSTALLED_AT", tmp_path / "lib")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "lib"


def install(programs: Path, script: str = "") -> Path:
    programs.mkdir(parents=True)
    (programs / "postgres").write_text(script)
    (programs / "postgres").chmod(stat.S_IRWXU)
    return programs


def say(url: str, statement: str) -> list[tuple[Any, ...]]:
    with connected(url) as say_there:
        return say_there(statement)


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of the processes that work in *folder*."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


class TestFindPostgres:
    def test_finds_none_where_none_is(self, installed_at: Path) -> None:
        assert find_postgres() is None

    def test_finds_the_newest(self, installed_at: Path) -> None:
        for version in ("9.6", "13", "15", "14"):
            install(installed_at / version / "bin")

        assert find_postgres() == installed_at / "15" / "bin"

    def test_passes_over_one_too_old_or_without_a_server(self, installed_at: Path) -> None:
        install(installed_at / "12" / "bin")
        (installed_at / "16" / "bin").mkdir(parents=True)

        assert find_postgres() is None

    @pytest.mark.parametrize(("version", "is_found"), [("14.2 (Vendor)", True), ("12.9", False)])
    def test_asks_the_one_on_the_path(
        self, installed_at: Path, version: str, is_found: bool
    ) -> None:
        programs = install(installed_at.parent / "own" / "bin")
        config = installed_at.parent / "pg_config"
        config.write_text(f"#!/bin/sh\necho {programs}\necho 'PostgreSQL {version}'\n")
        config.chmod(stat.S_IRWXU)

        assert find_postgres() == (programs if is_found else None)


class TestPrivatePostgres:
    def test_says_how_to_mend_it_when_nothing_is_installed(self, installed_at: Path) -> None:
        with pytest.raises(Unavailable, match="install the package postgresql") as refusal:
            PrivatePostgres().start(installed_at.parent / "cluster")

        assert "请先安装软件包 postgresql" in refusal.value.zh

    @needs_postgres
    def test_says_where_to_look_when_it_does_not_come_up(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(postgres.SETTINGS, "max_connections", "many")

        with pytest.raises(Unavailable, match=r"console\.log"):
            PrivatePostgres().start(folder, fast=True)

        assert 'max_connections": "many"' in (folder / "console.log").read_text()

    @needs_postgres
    @pytest.mark.parametrize("ends", ["stop", "kill"])
    def test_keeps_its_data_when_started_again_and_leaves_no_process(
        self, folder: Path, ends: str
    ) -> None:
        server = PrivatePostgres().start(folder, fast=True)
        say(server.url, "create table kept (word text)")
        getattr(server, ends)()
        other_port = next(free_ports())

        with server.start(folder, other_port, fast=True):
            assert f":{other_port}/" in server.url
            assert say(server.url, "select count(*) from kept") == [(0,)]
            assert processes_in(folder)
        assert not processes_in(folder)

    @needs_postgres
    def test_begins_anew_where_it_was_killed_while_it_was_made(self, folder: Path) -> None:
        (folder / "password").touch()
        (folder / "data.partial" / "base").mkdir(parents=True)

        with PrivatePostgres().start(folder, fast=True) as server:
            assert say(server.url, "show server_encoding") == [("UTF8",)]
            assert say(server.url, "select 'ä' < 'z'") == [(False,)]  # by code, as SQLite sorts

    @needs_postgres
    def test_lets_nobody_in_without_the_password(self, postgres: PrivatePostgres) -> None:
        wrong = f"postgresql://postgres:wrong@127.0.0.1:{postgres.port}/postgres"

        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(wrong)

    @needs_postgres
    def test_is_run_by_a_supervisor_as_a_direct_child(self, folder: Path) -> None:
        postgres.initialised(folder, fast=True)

        how = foreground_command(folder, 20_000)

        assert str(find_postgres()) in " ".join(how.command)
        assert how.stop_signal.name == "SIGINT"
        assert "fsync=off" not in how.command


@needs_postgres
class TestLog:
    def test_holds_nothing_of_what_statements_say(self, folder: Path) -> None:
        with (
            PrivatePostgres().start(folder, fast=True) as server,
            connected(server.url) as say_there,
        ):
            say_there("CREATE TABLE person (name text PRIMARY KEY)")
            say_there("INSERT INTO person VALUES ('张三')")
            with pytest.raises(psycopg2.Error):
                say_there("INSERT INTO person VALUES ('张三')")
            say_there("SELECT pg_sleep(1.1), '张三'")

        assert "duplicate key" in (folder / "console.log").read_text("utf-8")
        assert "张三" not in (folder / "console.log").read_text("utf-8")
