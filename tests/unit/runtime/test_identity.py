"""Who speaks: passports and signed events, and everything that is none."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.first_secrets import first_secrets
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.rights import Permission, Role
from shared.runtime import identity as identity_module
from shared.runtime.call import Call
from shared.runtime.identity import EDGE, Forged, Identity
from shared.runtime.identity_keys import IdentityKeys

OFFICER = Actor.of("zhang", Role.DUTY_OFFICER, place_code="420802", unit="urban-management")
HEADERS = {"event_id": "e-1", "event_type": "patrol.incident.closed.v1", "sequence": 3}
BODY = {"incident_id": "i-1", "personal": {"note": "桥下"}}


@pytest.fixture
def keys(tmp_path: Path) -> IdentityKeys:
    return IdentityKeys(tmp_path)


@pytest.fixture
def edge(keys: IdentityKeys) -> Identity:
    return Identity(EDGE, keys)


@pytest.fixture
def patrol(keys: IdentityKeys) -> Identity:
    return Identity("patrol", keys)


def passport_of(identity: Identity, actor: Actor) -> str:
    passport = identity.vouched(Call(actor=actor)).passport
    assert passport is not None
    return passport


class TestPassport:
    def test_says_who_calls_with_which_rights(self, edge: Identity, patrol: Identity) -> None:
        assert patrol.bearer(passport_of(edge, OFFICER)) == OFFICER

    def test_is_handed_on_as_it_is(self, edge: Identity, patrol: Identity) -> None:
        call = edge.vouched(Call(actor=OFFICER))

        assert patrol.vouched(call).passport == call.passport

    def test_of_a_service_is_its_own_whatever_it_claims(
        self, edge: Identity, patrol: Identity
    ) -> None:
        everything = Actor.of("admin", *Role, place_code=WHOLE_TREE)

        bearer = edge.bearer(passport_of(patrol, everything))

        assert bearer.account == "service:patrol"
        assert not bearer.may(Permission.INCIDENT_READ, Permission.ACCOUNTS_MANAGE)

    @pytest.mark.parametrize("passport", [None, "", "no token", "a.b.c", "x" * 5000])
    def test_that_is_none_is_refused(self, patrol: Identity, passport: str | None) -> None:
        with pytest.raises(Forged):
            patrol.bearer(passport)

    def test_signed_by_another_key_is_refused(self, edge: Identity, patrol: Identity) -> None:
        claims: dict[str, Any] = {
            "iss": EDGE,
            "sub": "admin",
            "rights": [],
            "unit": None,
            "exp": 2**33,
        }
        key = Ed25519PrivateKey.generate()
        forged = jwt.encode(claims, key, "EdDSA", headers={"kid": EDGE})

        with pytest.raises(Forged):
            patrol.bearer(forged)

    def test_of_a_service_in_the_edges_name_is_refused(
        self, keys: IdentityKeys, edge: Identity, patrol: Identity
    ) -> None:
        claims: dict[str, Any] = {
            "iss": EDGE,
            "sub": "admin",
            "rights": [],
            "unit": None,
            "exp": 2**33,
        }
        for named in (EDGE, "patrol"):
            forged = jwt.encode(claims, keys.own("patrol"), "EdDSA", headers={"kid": named})
            with pytest.raises(Forged):
                edge.bearer(forged)

    def test_ends(self, edge: Identity, patrol: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(identity_module, "VALID_S", -1)

        with pytest.raises(Forged):
            patrol.bearer(passport_of(edge, OFFICER))

    def test_of_a_name_that_is_a_path_finds_no_key(self, patrol: Identity) -> None:
        key = Ed25519PrivateKey.generate()
        forged = jwt.encode({"iss": "../x", "exp": 2**33}, key, "EdDSA", headers={"kid": "../x"})

        with pytest.raises(Forged):
            patrol.bearer(forged)


class TestSignature:
    def test_holds_for_whoever_told_it(self, edge: Identity, patrol: Identity) -> None:
        edge.check("patrol", patrol.sign(HEADERS, BODY), BODY)

    def test_holds_when_the_broker_has_taken_the_prefix_and_added_tries(
        self, edge: Identity, patrol: Identity
    ) -> None:
        signed = patrol.sign(HEADERS | {"nameko.account": "zhang"}, BODY)
        signed["account"] = signed.pop("nameko.account")

        edge.check("patrol", signed | {"tries": 2, "reason": "late"}, dict(reversed(BODY.items())))

    @pytest.mark.parametrize(
        ("changed", "body"),
        [
            ({"event_id": "e-2"}, BODY),
            ({"sequence": 4}, BODY),
            ({"account": "li"}, BODY),
            ({"signature": None}, BODY),
            ({"signature": b64encode(b"x" * 64).decode()}, BODY),
            ({}, BODY | {"incident_id": "i-2"}),
            ({}, None),
        ],
    )
    def test_does_not_hold_for_anything_else(
        self, edge: Identity, patrol: Identity, changed: dict[str, Any], body: Any
    ) -> None:
        with pytest.raises(Forged):
            edge.check("patrol", patrol.sign(HEADERS, BODY) | changed, body)

    def test_of_one_service_is_not_anothers(self, edge: Identity, patrol: Identity) -> None:
        with pytest.raises(Forged):
            edge.check("grid", patrol.sign(HEADERS, BODY), BODY)


class TestKeys:
    def test_are_kept_for_their_owner_alone(self, keys: IdentityKeys, patrol: Identity) -> None:
        assert (keys.folder / "patrol.key").stat().st_mode & 0o777 == 0o600

    def test_are_the_same_after_a_restart(self, keys: IdentityKeys, patrol: Identity) -> None:
        again = Identity("patrol", replace(keys))
        again.check("patrol", patrol.sign(HEADERS, BODY), BODY)

    def test_of_a_deployment_in_containers_come_from_its_secrets(self, tmp_path: Path) -> None:
        made = first_secrets()
        identities = {
            name: Identity(
                name,
                IdentityKeys(
                    tmp_path, made[name]["WANGGE_IDENTITY_KEY"], made[name]["WANGGE_IDENTITY_KEYS"]
                ),
            )
            for name in (EDGE, "patrol")
        }

        assert identities["patrol"].bearer(passport_of(identities[EDGE], OFFICER)) == OFFICER
        assert list(tmp_path.iterdir()) == []
