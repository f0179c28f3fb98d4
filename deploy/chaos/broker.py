"""The broker as its administrator sees it: a user of his own, and how much lies in every queue."""

import json
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from deploy import rabbitmq
from deploy.chaos.platform import StruckPlatform
from deploy.provisioning.broker import VHOST
from deploy.rabbitmq import NodePorts

USER = "chaos"
ANSWERS_WITHIN_S = 60


class BrokerAway(Exception):
    """The broker does not do what its administrator says; the text is what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """One queue: what waits in it, and what somebody has taken and not settled."""

    name: str
    ready: int
    held: int
    consumers: int

    @property
    def is_forsaken(self) -> bool:
        """Tell whether it holds answers to a process that was killed: they go with it in five minutes."""
        return self.name.startswith("rpc.reply.") and not self.consumers

    @property
    def is_empty(self) -> bool:
        return not self.ready and not self.held


class BrokerAdmin:
    """Says things to the private node as `rabbitmqctl` does."""

    def __init__(self, platform: StruckPlatform) -> None:
        ports = platform.ports
        script, _ = rabbitmq.programs()
        self._control = str(script.with_name("rabbitmqctl"))
        self._environment: Mapping[str, str] = rabbitmq.node_environment(
            platform.folder.rabbitmq,
            NodePorts(amqp=ports.amqp, erlang=ports.erlang, epmd=ports.epmd),
        )
        self._password = secrets.token_urlsafe(16)
        self.host = f"127.0.0.1:{ports.amqp}"

    @property
    def login(self) -> dict[str, str]:
        """How a client gets in as the administrator."""
        return {
            "host": self.host,
            "userid": USER,
            "password": self._password,
            "virtual_host": VHOST,
        }

    def make_user(self) -> None:
        """Make a user who may do everything; he goes with the folder.

        Raises:
            BrokerAway: the broker does not answer.
        """
        self._say("add_user", USER, self._password)
        self._say("set_permissions", "-p", VHOST, USER, ".*", ".*", ".*")

    def depths(self) -> list[QueueDepth]:
        """Return every queue; raises `BrokerAway`."""
        said = self._say(
            *("list_queues", "-p", VHOST, "--formatter", "json", "--silent"),
            *("name", "messages_ready", "messages_unacknowledged", "consumers"),
        )
        return [
            QueueDepth(
                name=queue["name"],
                ready=queue["messages_ready"],
                held=queue["messages_unacknowledged"],
                consumers=queue["consumers"],
            )
            for queue in json.loads(said)
        ]

    def _say(self, *words: str) -> str:
        try:
            said = subprocess.run(  # noqa: S603 – found by us, not asked for
                [self._control, *words],
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=ANSWERS_WITHIN_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BrokerAway(f"{words[0]}: no answer in {ANSWERS_WITHIN_S} s") from None
        if said.returncode:
            raise BrokerAway(f"{words[0]}: {said.stderr or said.stdout}")
        return said.stdout
