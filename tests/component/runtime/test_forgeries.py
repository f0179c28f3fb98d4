"""Who cannot show that he is who he says: refused at every door, and in the audit trail."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kombu import Connection
from kombu.pools import producers
from sqlalchemy import select

from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.errors import Forbidden
from shared.kernel.rights import Permission, Role
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.doors import Doors, rpc
from shared.runtime.identity import EDGE, identity_of
from shared.runtime.rpc_client import caller_for
from shared.runtime.tables import dead_letter
from shared.runtime.topology import events_exchange
from tests.brokers import eventually
from tests.component.running import Running
from tests.component.talkers import Teller, a_listener, done

ADMIN = Actor.of("admin", *Role, place_code=WHOLE_TREE)
EVENT = {"who": "wang", "word": "hello", "personal": {"secret": "s"}}
ENVELOPE = {
    "event_id": "01a20000-0000-7000-8000-000000000001",
    "event_type": "teller.word.said.v1",
    "aggregate_id": "wang",
    "sequence": 1,
    "occurred_at": "2026-11-23T08:00:00+08:00",
}


def trail(running: Running, service: str) -> list[tuple[str, str, str]]:
    with running.database(service).reading() as connection:
        rows = list(audit.trail(connection))
    return [(row["account"], row["action"], row["outcome"]) for row in rows]


# Beside the noise that lies in these tables.
DIED = dead_letter.c.reason != "noise"
OURS = done.c.who != "noise"


def refused(running: Running, call: Call, method: str = "echo") -> str:
    caller = caller_for(running.settings.broker_url)
    arguments = {"word": "hello"} if method == "echo" else {}
    with pytest.raises(Forbidden) as refusal:
        caller.call("teller", method, arguments, call=call, timeout_s=5)
    return refusal.value.code


def _forged(**claims: Any) -> str:
    said = {"iss": EDGE, "sub": "admin", "rights": [["duty_officer", "*"]], "unit": None}
    key = Ed25519PrivateKey.generate()
    return jwt.encode(said | {"exp": 2**33} | claims, key, "EdDSA", headers={"kid": EDGE})


class TestCall:
    @pytest.mark.parametrize(
        "passport", [None, "made up", _forged(), "x" * 40_000], ids=["none", "no", "key", "long"]
    )
    def test_without_a_good_passport_is_nobodys_whatever_its_headers_say(
        self, talking: Running, passport: str | None
    ) -> None:
        talking.start(Teller)

        assert refused(talking, Call(actor=ADMIN, passport=passport)) == "identity_forged"

        assert trail(talking, "teller") == [("unknown", "teller.echo", "identity_forged")]

    def test_of_a_service_that_says_it_is_somebody_is_that_services_own(
        self, talking: Running
    ) -> None:
        talking.start(Teller)
        call = identity_of(talking.settings, "listener").vouched(Call(actor=ADMIN))

        assert refused(talking, call, "audit_anchors") == "not_permitted"

        assert trail(talking, "teller") == [
            ("service:listener", "teller.audit_anchors", "not_permitted")
        ]

    def test_that_is_passed_on_stays_the_callers(self, talking: Running) -> None:
        class Asking(Doors):
            name = "listener"

            @rpc(Permission.OWN_SIGN_IN)
            def ask(self) -> Any:
                return self.neighbours.call("teller", "echo", word=self.call.actor.account)

        talking.start(Teller, Asking)

        li = Actor.of("li", Role.MEDIATOR, place_code="420802")
        assert talking.ask("listener", "ask", actor=li) == "li"


class TestEvent:
    @pytest.mark.parametrize("signer", [None, "listener", EDGE])
    def test_that_its_teller_did_not_sign_dies_at_once_and_takes_no_effect(
        self, talking: Running, signer: str | None
    ) -> None:
        talking.start(Teller, a_listener())
        headers: dict[str, Any] = dict(ENVELOPE)
        if signer is not None:
            headers = identity_of(talking.settings, signer).sign(headers, EVENT)

        _publish(talking, headers, EVENT)

        eventually(lambda: talking.count("listener", dead_letter, DIED) == 1)
        [letter] = talking.rows("listener", select(dead_letter).where(DIED))
        assert letter.reason == "Forged: not signed by teller"
        assert letter.tries == 1
        assert talking.count("listener", done, OURS) == 0
        assert trail(talking, "listener") == [("unknown", "listener.hear_word", "event_forged")]

    def test_changed_on_its_way_dies_too(self, talking: Running) -> None:
        talking.start(Teller, a_listener())
        headers = identity_of(talking.settings, "teller").sign(ENVELOPE, EVENT)

        _publish(talking, headers, EVENT | {"word": "another"})

        eventually(lambda: talking.count("listener", dead_letter, DIED) == 1)
        assert talking.count("listener", done, OURS) == 0

    def test_among_good_ones_dies_alone(self, talking: Running) -> None:
        talking.start(Teller, a_listener())
        _publish(talking, dict(ENVELOPE), EVENT)

        talking.ask("teller", "say", who="li", words=["a", "b"])

        eventually(lambda: talking.count("listener", done, OURS) == 2)
        eventually(lambda: talking.count("listener", dead_letter, DIED) == 1)


def _publish(running: Running, headers: dict[str, Any], body: Any) -> None:
    with producers[Connection(running.settings.broker_url)].acquire() as producer:
        producer.publish(
            body,
            exchange=events_exchange("teller"),
            routing_key="teller.word.said.v1",
            headers=headers,
            serializer="json",
        )


def test_a_door_that_names_no_permission_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="names the permissions"):
        rpc()
