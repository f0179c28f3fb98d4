"""The platform starts with one line of trouble or none, and finds its data again."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.platform import ROOT, Platform, free_port, of
from tests.profiles import Profile, only_embedded

START_AGAIN_WITHIN_S = {Profile.EMBEDDED: 8, Profile.PRODUCTION: 60}
STOPS_WITHIN_S = {Profile.EMBEDDED: 10, Profile.PRODUCTION: 30}


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run the platform to its end, which must come by itself."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.embedded"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


class TestTrouble:
    def test_a_taken_port_gets_one_line(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", port := free_port()))
            taken.listen()
            ended = run(WANGGE_DATA=str(tmp_path / "var"), PORT=str(port))
        assert ended.returncode == 1
        assert one_line(ended).startswith(f"Port {port}")

    def test_a_data_folder_that_cannot_be_made_gets_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        ended = run(WANGGE_DATA=str(tmp_path / "file" / "var"), PORT=str(free_port()))
        assert ended.returncode == 1
        assert one_line(ended).startswith("WANGGE_DATA=")

    @pytest.mark.parametrize(
        ("variable", "value"),
        [("WANGGE_TOKEN_MINUTES", "soon"), ("PORT", "99999"), ("WANGGE_AMQP_URL", "http://x")],
    )
    def test_a_wrong_setting_is_named(self, variable: str, value: str, tmp_path: Path) -> None:
        ended = run(**{"WANGGE_DATA": str(tmp_path), variable: value})
        assert ended.returncode == 1
        assert one_line(ended).startswith(f"{variable}:")

    def test_a_password_that_is_refused_is_not_shown(self, tmp_path: Path) -> None:
        ended = run(WANGGE_DATA=str(tmp_path), WANGGE_DEMO_PASSWORD="short")
        assert ended.returncode == 1
        assert "short" not in ended.stdout.replace("too_short", "").replace("too short", "")

    @only_embedded("where it runs already, up has nothing to do: test_up_and_down")
    def test_a_data_folder_in_use_gets_one_line(self, platform: Platform) -> None:
        ended = run(WANGGE_DATA=str(platform.data), PORT=str(free_port()))
        assert ended.returncode == 1
        assert "Another platform is running" in one_line(ended)


class TestSecondStart:
    def test_is_quick_and_finds_the_data(self, own_platform: Platform, profile: Profile) -> None:
        desk = own_platform.as_account("district")
        before = of(desk.get("/command/board", params={"period": "30d"}), 200)
        assert own_platform.stop() == 0

        began = time.monotonic()
        own_platform.start()

        assert time.monotonic() - began < START_AGAIN_WITHIN_S[profile]
        assert of(desk.get("/command/board", params={"period": "30d"}), 200) == before
        assert (
            "示范区"
            not in own_platform.console().rpartition("网格平台已就绪")[0].rpartition("数据库")[2]
        )


class TestDemoPassword:
    def test_follows_the_setting_at_the_next_start(self, own_platform: Platform) -> None:
        own_platform.stop()
        own_platform.settings["WANGGE_DEMO_PASSWORD"] = "another-password"
        own_platform.start()
        answer = httpx.post(
            f"{own_platform.url}/api/v1/auth/token",
            data={"username": "member", "password": "another-password"},
            timeout=30,
        )
        assert answer.status_code == 200


class TestStopping:
    def test_ends_it_cleanly_with_a_stream_open(
        self, own_platform: Platform, profile: Profile
    ) -> None:
        desk = own_platform.as_account("district")
        with desk.stream("GET", "/stream"):
            began = time.monotonic()
            assert own_platform.stop() == 0
        assert time.monotonic() - began < STOPS_WITHIN_S[profile]
        assert "Traceback" not in own_platform.console()
        assert "Traceback" not in own_platform.log()


def one_line(ended: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in ended.stdout.splitlines() if not line.startswith("· ")]
    assert len(lines) == 1, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return lines[0]
