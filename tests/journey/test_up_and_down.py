"""The production profile on one machine: up, at work, killed in parts, and gone without a trace."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from deploy.postgres import find_postgres
from deploy.production.folder import MARK, ProductionFolder
from deploy.production.processes import Process, alive, recorded
from deploy.production.supervisor import Supervisor
from deploy.provisioning.credentials import known_urls
from deploy.rabbitmq import find_rabbitmq
from tests.platform import PASSWORD, ROOT, free_port, of, wait_for

PLACE = {"lon": 112.2015, "lat": 31.0519}
REPORT = {"category": "05", "title": "路边倾倒建筑垃圾", "location": PLACE}
pytestmark = pytest.mark.skipif(
    find_rabbitmq() is None or find_postgres() is None,
    reason="to run this, install the packages rabbitmq-server and postgresql",
)


class Production:
    """The platform as whoever operates this machine meets it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.folder = ProductionFolder.of(data)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def wangge(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            cwd=ROOT,
            env=self.environment | settings,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: v for name, v in os.environ.items() if not name.startswith("WANGGE_")}
        return kept | {
            "WANGGE_DATA": str(self.data),
            "WANGGE_DEMO_PASSWORD": PASSWORD,
            "PORT": str(self.port),
        }

    def process(self, name: str) -> Process | None:
        return recorded(self.folder.pids / name)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def signed_in(self, account: str) -> httpx.Client:
        answer = httpx.post(
            f"{self.url}/api/v1/auth/token",
            data={"grant_type": "password", "username": account, "password": PASSWORD},
            timeout=30,
        )
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {of(answer, 200)['access_token']}"},
            timeout=30,
        )


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """Start a platform once for all tests of this file, in the order they stand in."""
    production = Production(tmp_path_factory.mktemp("production") / "var")
    started = production.wangge("up")
    assert started.returncode == 0, started.stdout + started.stderr
    assert "网格平台已就绪" in started.stdout
    yield production
    production.wangge("down")


def passwords_of(production: Production) -> set[str]:
    """Return every password of the platform: the accounts', the services', the servers' own."""
    folder = production.folder
    urls = [
        url
        for kind in ("amqp_url", "database_url")
        for url in known_urls(folder.credentials, kind).values()
    ]
    alone = [*folder.root.rglob(".erlang.cookie"), *folder.root.rglob("password")]
    assert len(alone) == 2
    words = {file.read_text().strip() for file in alone}
    return words | {PASSWORD} | {unquote(urlsplit(url).password or "") for url in urls} - {""}


def command_lines() -> list[Path]:
    return [process / "cmdline" for process in Path("/proc").iterdir() if process.name.isdigit()]


def test_a_report_reaches_the_board(production: Production) -> None:
    with production.signed_in("district") as desk:
        before = total(desk)

        reported = of(desk.post("/incidents", json=REPORT), 201)

        assert reported["place"]["district"]["code"] == "420802"
        story = f"/matters/{reported['matter_no']}"
        wait_for(lambda: desk.get(story).status_code == 200, within_s=120, what="the dossier")
        assert total(desk) > before


def test_up_again_says_that_it_runs_and_where(production: Production) -> None:
    pids = {process.pid for process in alive(production.folder)}

    again = production.wangge("up", PORT=str(free_port()))

    assert again.returncode == 0
    assert production.url in again.stdout
    assert "网格平台已就绪" not in again.stdout
    assert pids <= {process.pid for process in alive(production.folder)}


def test_status_shows_every_process(production: Production) -> None:
    shown = production.wangge("status")

    assert shown.returncode == 0
    for name in ("command", "edge", "epmd", "grid", "patrol", "postgres", "rabbitmq", "register"):
        assert name in shown.stdout
    assert production.url in shown.stdout


def test_up_starts_what_is_down_and_leaves_the_rest_where_it_is(production: Production) -> None:
    edge = production.process("edge")
    Supervisor(production.folder).stop_programs(["grid"])

    again = production.wangge("up", PORT=str(free_port()))

    assert again.returncode == 0, again.stdout + again.stderr
    assert production.url in again.stdout
    assert production.is_ready()
    assert production.process("edge") == edge


def test_secrets_are_for_the_owner_alone(production: Production) -> None:
    for file in (production.folder.credentials, production.folder.programs):
        assert file.stat().st_mode & 0o077 == 0
    known = production.folder.credentials.read_text()
    for process in alive(production.folder):
        environment = Path(f"/proc/{process.pid}/environ").read_bytes().decode()
        assert PASSWORD not in environment
        for line in filter(None, environment.split("\0")):
            name, _, value = line.partition("=")
            assert not name.endswith("_URL") or value in known


def test_no_secret_shows_in_the_process_list_or_a_log(production: Production) -> None:
    form = {"username": "district", "password": PASSWORD}
    signed_in = httpx.post(f"{production.url}/api/v1/auth/token", data=form, timeout=30).json()
    secrets = {*passwords_of(production), signed_in["access_token"], signed_in["refresh_token"]}
    assert len(secrets) > 10

    shown = {
        str(file): file.read_bytes()
        for file in (*command_lines(), *production.folder.log.iterdir())
        if file.exists()
    }

    assert len([name for name in shown if name.startswith("/proc")]) > 5
    assert {
        name for name, text in shown.items() if any(secret.encode() in text for secret in secrets)
    } == set()


def test_whatever_file_holds_a_secret_is_for_its_owner_alone(production: Production) -> None:
    secrets = [secret.encode() for secret in passwords_of(production)]

    holding = {
        file
        for file in production.folder.root.rglob("*")
        if file.is_file() and any(secret in file.read_bytes() for secret in secrets)
    }

    assert production.folder.credentials in holding
    assert {file for file in holding if file.stat().st_mode & 0o077} == set()


@pytest.mark.parametrize("name", ["grid", "patrol", "register", "command", "edge"])
def test_what_is_killed_comes_back(production: Production, name: str) -> None:
    killed = kill(production, name)

    wait_for(lambda: production.process(name) not in (None, killed), within_s=20, what=name)
    wait_for(production.is_ready, within_s=30, what="readiness")


def test_the_broker_and_the_database_come_back_with_all_they_had(production: Production) -> None:
    with production.signed_in("district") as desk:
        before = total(desk)
        for name, program in (("rabbitmq", "beam.smp"), ("postgres", "postgres")):
            assert comm(production.process(name)) == program
            kill(production, name)

        wait_for(production.is_ready, within_s=60, what="readiness")
        wait_for(lambda: reports(desk), within_s=60, what="a report to be taken")
        wait_for(lambda: total(desk) > before, within_s=60, what="the board")


def test_up_recovers_from_a_supervisor_that_was_killed(production: Production) -> None:
    with production.signed_in("district") as desk:
        before = total(desk)
    kill(production, "supervisord")

    again = production.wangge("up")

    assert again.returncode == 0, again.stdout + again.stderr
    assert "网格平台已就绪" in again.stdout
    with production.signed_in("district") as desk:
        assert total(desk) == before


def test_down_leaves_nothing(production: Production) -> None:
    began = time.monotonic()

    stopped = production.wangge("down")

    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert time.monotonic() - began < 30
    assert traces_of(production) == []
    assert "没有在运行" in production.wangge("down").stdout
    assert production.wangge("status").returncode == 1


def test_an_interrupted_start_is_cleared_away(production: Production) -> None:
    # Whoever stands in a shell's background hands down that Ctrl-C is passed over.
    heard = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    with subprocess.Popen(
        [sys.executable, "-c", heard + "from deploy.cli import main; sys.exit(main())", "up"],
        cwd=ROOT,
        env=production.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as starting:
        assert starting.stdout is not None
        first = starting.stdout.readline()  # by now it hears Ctrl-C
        wait_for(lambda: production.process("postgres"), within_s=30, what="the database")
        starting.send_signal(signal.SIGINT)
        said = first + starting.communicate(timeout=30)[0]

    assert starting.returncode == 130, said
    assert "make down" in said
    assert "Traceback" not in said
    assert alive(production.folder)
    assert production.wangge("down").returncode == 0
    assert traces_of(production) == []


def kill(production: Production, name: str) -> Process:
    """Kill a process, and return it once it is gone."""
    killed = production.process(name)
    assert killed is not None
    killed.tell(signal.SIGKILL)
    wait_for(lambda: not killed.is_alive, within_s=10, what="the kill")
    return killed


def total(desk: httpx.Client) -> int:
    answer = desk.get("/command/board", params={"period": "today"})
    return int(answer.json()["total"]) if answer.status_code == 200 else -1


def reports(desk: httpx.Client) -> bool:
    return desk.post("/incidents", json=REPORT).status_code == 201


def comm(process: Process | None) -> str:
    assert process is not None
    return Path(f"/proc/{process.pid}/comm").read_text().strip()


def traces_of(production: Production) -> list[Any]:
    """Return every process that has the platform's folder in its environment or its command."""
    root = str(production.folder.root).encode()
    traces = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if root in told or f"{MARK}={root.decode()}".encode() in told:
            traces.append((entry.name, told[:200]))
    return traces
