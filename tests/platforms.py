"""The platform of each profile: one process, or what `wangge up` starts; run on copies of one folder."""

import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

from deploy.production.folder import ProductionFolder
from deploy.production.processes import alive, end_all
from deploy.provisioning.credentials import known_urls
from tests.databases import reachable_folder
from tests.platform import Platform, wait_for
from tests.profiles import Profile

START_WITHIN_S = 60
UP_WITHIN_S = 240
ENDS_WITHIN_S = 30
# The servers' logs are not ours.
THEIR_LOGS = {"postgres.log", "rabbitmq.log", "epmd.log", "supervisord.log"}


class EmbeddedPlatform(Platform):
    """A platform that is one process."""

    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> Platform:
        self._process = self.run("deploy.embedded")
        wait_for(self._is_up, within_s=START_WITHIN_S, what="the platform to be ready")
        return self

    def _is_up(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the platform ended: {self.console()[-3000:]}")
        return self.is_ready()

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(timeout=30)
        self._process = None
        return code

    def log(self) -> str:
        return (self.data / "log" / "wangge.log").read_text("utf-8")

    def ask(self, service: str, question: str) -> int:
        with closing(sqlite3.connect(self.data / f"{service}.sqlite")) as database:
            return int(database.execute(question).fetchone()[0])


class ProductionPlatform(Platform):
    """A platform that `wangge up` starts: a broker, a database, a process for each service and the edge."""

    @property
    def folder(self) -> ProductionFolder:
        return ProductionFolder.of(self.data)

    def start(self) -> Platform:
        assert self._wangge("up") == 0, self.console()[-3000:]
        return self

    def kill(self) -> None:
        end_all(alive(self.folder), signal.SIGKILL, ENDS_WITHIN_S)

    def stop(self) -> int:
        return self._wangge("down")

    def _wangge(self, command: str) -> int:
        return self.run("deploy.cli", command).wait(timeout=UP_WITHIN_S)

    def log(self) -> str:
        files = sorted(self.folder.log.glob("*.log"))
        return "".join(file.read_text("utf-8") for file in files if file.name not in THEIR_LOGS)

    def ask(self, service: str, question: str) -> int:
        url = known_urls(self.folder.credentials, "database_url")[service]
        with closing(psycopg2.connect(url, options=f"-csearch_path={service}")) as connection:
            cursor = connection.cursor()
            cursor.execute(question)
            [(number,)] = cursor.fetchall()
            return int(number)


def platform_in(profile: Profile, data: Path, **settings: str) -> Platform:
    """Return a platform of that profile, not yet started."""
    kind = EmbeddedPlatform if profile is Profile.EMBEDDED else ProductionPlatform
    return kind(data, **settings)


@contextmanager
def running_platform(
    profile: Profile, seeded: Path | None = None, **settings: str
) -> Iterator[Platform]:
    """Run a platform in a folder of its own, at first a copy of *seeded*."""
    # PostgreSQL's own user must reach it, and its path be short enough for a socket.
    with reachable_folder() as folder:
        data = folder / "var"
        if seeded is not None:
            copy_platform(seeded, data)
        platform = platform_in(
            profile, data, WANGGE_TOKEN_MINUTES="600", WANGGE_IDLE_MINUTES="720", **settings
        )
        try:
            yield platform.start()
        finally:
            platform.close()


def copy_platform(stopped: Path, data: Path) -> None:
    """Copy the folder of a platform that does not run; the files stay their owners'."""
    subprocess.run(["cp", "-a", str(stopped), str(data)], check=True)  # noqa: S607 – wherever it is
    folder = ProductionFolder.of(data)
    # The copy shall not wait for the original's ports.
    folder.ports.unlink(missing_ok=True)
    # RabbitMQ writes down where its folder lies; what is copied has been heard by all.
    shutil.rmtree(folder.rabbitmq / "data", ignore_errors=True)
