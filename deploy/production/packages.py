"""The broker and the database from Debian's packages, where they are missing and may be installed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.announcing import say
from deploy.data_folder import CannotStart
from deploy.postgres import find_postgres
from deploy.rabbitmq import find_rabbitmq

SAY_EVERY_S = 10.0
# Asked by Debian's packages before they start a server: 101 means that they must not.
_POLICY = Path("/usr/sbin/policy-rc.d")
_MUST_NOT_START = "#!/bin/sh\nexit 101\n"
# The servers that the packages would start at each boot.
_THEIR_SERVERS = {
    "rabbitmq-server": ("rabbitmq-server", "epmd.socket", "epmd"),
    "postgresql": ("postgresql",),
}


def ensure_installed(*, broker: bool, database: bool) -> None:
    """Install what is wanted and missing.

    Raises:
        CannotStart: something is missing, and this is not root on Debian, or it does not install.
    """
    wanted = {"rabbitmq-server": broker and find_rabbitmq() is None}
    wanted["postgresql"] = database and find_postgres() is None
    missing = [package for package, is_missing in wanted.items() if is_missing]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        names = " ".join(missing)
        raise CannotStart(
            f"Missing: {names}. Install it (Debian, as root: apt-get install {names}), or set "
            "WANGGE_AMQP_URL and WANGGE_DATABASE_URL. · "
            f"缺少 {names}，请先安装，或设置 WANGGE_AMQP_URL 与 WANGGE_DATABASE_URL。"
        )
    _install(missing)


def _install(packages: list[str]) -> None:
    names = " ".join(packages)
    say(f"安装 · installing {names} (apt-get, a minute or two · 约一两分钟)")
    with _nothing_started():
        _apt_get("update", "-q")
        _apt_get("install", "-y", "-q", "--no-install-recommends", *packages)
    for package in packages:
        _not_at_boot(_THEIR_SERVERS[package])


def _apt_get(*arguments: str) -> None:
    """Run apt-get and say now and then how far it is; of a failure tell its last line."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    said_at, lines = time.monotonic(), []
    with subprocess.Popen(  # noqa: S603 – the arguments are ours
        ["apt-get", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300", *arguments],  # noqa: S607 – wherever root has it
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None  # noqa: S101 – asked for above
        for line in running.stdout:
            lines.append(line.rstrip())
            if time.monotonic() - said_at > SAY_EVERY_S:
                said_at = time.monotonic()
                say(f"  {line.strip()[:100]}")
    if running.returncode != 0:
        last = next((line for line in reversed(lines) if line), "")
        raise CannotStart(
            f"apt-get {arguments[0]} failed ({last}); install it by hand, then try again. · "
            f"软件包安装失败（apt-get {arguments[0]}），请手工安装后再试。"
        )


@contextmanager
def _nothing_started() -> Iterator[None]:
    """Keep the packages from starting servers of their own; a policy that is there stays."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text(_MUST_NOT_START)
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


def _not_at_boot(servers: tuple[str, ...]) -> None:
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        return
    for server in servers:
        # Without such a server there is nothing to keep from starting.
        subprocess.run([systemctl, "disable", "--quiet", server], capture_output=True, check=False)  # noqa: S603 – as above


def main() -> int:
    """Have both servers for the tests; where they cannot be had, say what will be skipped."""
    try:
        ensure_installed(broker=True, database=True)
    except CannotStart as reason:
        say(f"生产形态的测试将跳过 · tests of the production profile will be skipped: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
