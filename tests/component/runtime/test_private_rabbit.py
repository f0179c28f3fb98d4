"""The private RabbitMQ starts, takes vhosts, and leaves nothing behind."""

import stat
from pathlib import Path

import pytest
from kombu import Connection

from deploy import rabbitmq
from deploy.rabbitmq import PrivateRabbit, find_rabbitmq
from shared.kernel.errors import Invalid, Unavailable
from tests.brokers import declare, get


@pytest.fixture
def installed_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(rabbitmq, "INSTALLED_AT", (str(tmp_path),))
    return tmp_path


def install(place: Path, version: str, script: str) -> Path:
    path = place / f"rabbitmq_server-{version}" / "sbin" / "rabbitmq-server"
    path.parent.mkdir(parents=True)
    path.write_text(script)
    path.chmod(stat.S_IRWXU)
    return path


class TestFindRabbitmq:
    def test_finds_none_where_none_is(self, installed_at: Path) -> None:
        assert find_rabbitmq() is None

    def test_finds_the_newest(self, installed_at: Path) -> None:
        for version in ("3.9.27", "3.10.8", "3.8.9"):
            install(installed_at, version, "")

        found = find_rabbitmq()

        assert found == installed_at / "rabbitmq_server-3.10.8" / "sbin" / "rabbitmq-server"


class TestPrivateRabbit:
    def test_says_how_to_mend_it_when_nothing_is_installed(self, installed_at: Path) -> None:
        with pytest.raises(Unavailable, match="install the package rabbitmq-server") as refusal:
            PrivateRabbit().start(installed_at / "node")

        assert "请先安装软件包 rabbitmq-server" in refusal.value.zh

    @pytest.mark.skipif(find_rabbitmq() is None, reason="no RabbitMQ on this machine")
    def test_says_where_to_look_when_it_does_not_come_up(self, installed_at: Path) -> None:
        install(installed_at, "1.0.0", "#!/bin/sh\necho broken; exit 1\n")
        rabbit = PrivateRabbit()

        with pytest.raises(Unavailable, match=r"console\.log"):
            rabbit.start(installed_at / "node")

        assert (installed_at / "node" / "console.log").read_text() == "broken\n"
        with pytest.raises(Unavailable):
            rabbit.add_vhost("v")

    def test_vhosts_are_apart(self, rabbit: PrivateRabbit) -> None:
        for name in ("one", "two"):
            with Connection(rabbit.add_vhost(name)) as connection:
                channel = connection.default_channel
                declare(channel, "q")
                connection.Producer().publish(name, routing_key="q")
                assert get(channel, "q", no_ack=True).body == name

        with Connection(rabbit.uri) as connection:
            assert connection.connect()

    @pytest.mark.parametrize("name", ["", "a/b", 'a">>', "中"])
    def test_refuses_a_name_that_is_none(self, rabbit: PrivateRabbit, name: str) -> None:
        with pytest.raises(Invalid, match="letters, digits"):
            rabbit.add_vhost(name)

    @pytest.mark.skipif(find_rabbitmq() is None, reason="no RabbitMQ on this machine")
    def test_keeps_messages_when_started_again_and_leaves_no_process(self, tmp_path: Path) -> None:
        rabbit = PrivateRabbit().start(tmp_path / "node")
        with Connection(rabbit.uri, transport_options={"confirm_publish": True}) as connection:
            declare(connection.default_channel, "kept", queue_type="quorum")
            connection.Producer().publish("x", routing_key="kept")
        rabbit.stop()
        assert not processes_at_home_in(tmp_path)

        with rabbit.start(tmp_path / "node"), Connection(rabbit.uri) as connection:
            assert get(connection.default_channel, "kept").body == "x"
        assert not processes_at_home_in(tmp_path)


def processes_at_home_in(folder: Path) -> list[str]:
    """Return the command lines of the processes whose HOME is *folder* or lies in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"HOME={folder}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found
