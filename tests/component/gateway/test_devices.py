"""A sign-in bound to a device: whoever has its refresh token and not the key goes nowhere."""

import time
from typing import Any

import pytest

from shared.runtime.database import ServiceDatabase
from tests.component.gateway.browser import PASSWORD, Browser, of, refused, wrong_fields
from tests.component.gateway.keys import TOKEN_ADDRESS, Key
from tests.component.gateway.test_signing_in import _trail_after


@pytest.fixture(params=["EdDSA", "ES256"])
def key(request: pytest.FixtureRequest) -> Key:
    return Key(request.param)


def bound(anyone: Browser, key: Key) -> dict[str, Any]:
    form = {"username": "member", "password": PASSWORD, "device_key": key.jwk}
    tokens: dict[str, Any] = of(
        anyone.post("/auth/token", data=form | {"device_name": "巡查手机"}), 200
    )
    return tokens


def renewed(anyone: Browser, tokens: dict[str, Any], proof: dict[str, str]) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return anyone.post("/auth/token", data=form, headers=proof)


def test_goes_on_with_a_proof_each_time(anyone: Browser, key: Key) -> None:
    tokens = bound(anyone, key)
    for _ in range(3):
        tokens = of(renewed(anyone, tokens, key.proof()), 200)
    items = of(Browser(anyone.app, tokens["access_token"]).get("/auth/sessions"), 200)["items"]
    [this] = [item for item in items if item["is_this"]]
    assert (this["device_name"], this["is_bound"]) == ("巡查手机", True)


SPOILT: dict[str, dict[str, Any]] = {
    "of another method": {"htm": "GET"},
    "for another address": {"htu": "http://elsewhere/api/v1/auth/token"},
    "without a name": {"jti": ""},
    "not called a proof": {"headers": {"typ": "JWT"}},
    "with a time that is none": {"iat": "soon"},
    "of no age at all": {"iat": 10**30},
}


@pytest.mark.parametrize("changed", SPOILT.values(), ids=SPOILT)
def test_a_proof_that_is_wrong_ends_the_sign_in(
    anyone: Browser, changed: dict[str, Any], database: ServiceDatabase
) -> None:
    key = Key()
    tokens = bound(anyone, key)
    before = len(_trail_after(database, 0))

    answer = renewed(anyone, tokens, key.proof(**changed))

    assert refused(answer, 401)["code"] == "proof_refused"
    refused(renewed(anyone, tokens, key.proof()), 401)
    refused(Browser(anyone.app, tokens["access_token"]).get("/me"), 401)
    assert _trail_after(database, before) == [
        ("member", "gateway.renew", "proof_wrong"),
        ("member", "gateway.renew", "sign_in_ended"),
        ("member", "gateway.token", "sign_in_ended"),
    ]


def test_a_stolen_refresh_token_is_worth_nothing(
    anyone: Browser, key: Key, database: ServiceDatabase
) -> None:
    without, with_another = bound(anyone, key), bound(anyone, key)
    before = len(_trail_after(database, 0))

    refused(renewed(anyone, without, {}), 401)
    refused(renewed(anyone, with_another, Key(key.kind).proof()), 401)
    for ended in (without, with_another):
        refused(renewed(anyone, ended, key.proof()), 401)

    assert [outcome for _, _, outcome in _trail_after(database, before)] == [
        "proof_missing",
        "proof_wrong",
        "sign_in_ended",
        "sign_in_ended",
    ]


def test_another_key_cannot_pass_for_it_by_naming_it(anyone: Browser, key: Key) -> None:
    tokens = bound(anyone, key)
    forged = Key(key.kind).proof(headers={"jwk": key.public})
    refused(renewed(anyone, tokens, forged), 401)


def test_a_proof_is_good_once(anyone: Browser, key: Key, database: ServiceDatabase) -> None:
    proof = key.proof()
    tokens = of(renewed(anyone, bound(anyone, key), proof), 200)
    before = len(_trail_after(database, 0))
    refused(renewed(anyone, tokens, proof), 401)
    assert _trail_after(database, before) == [("member", "gateway.renew", "proof_replayed")]


@pytest.mark.parametrize("seconds", [-90, 90])
def test_a_clock_that_is_wrong_ends_nothing(anyone: Browser, key: Key, seconds: int) -> None:
    tokens = bound(anyone, key)
    stale = key.proof(iat=int(time.time()) + seconds)
    assert refused(renewed(anyone, tokens, stale), 401)["code"] == "proof_refused"
    near = key.proof(iat=int(time.time()) + seconds // 2, htu=f"{TOKEN_ADDRESS}?x=1")
    of(renewed(anyone, tokens, near), 200)


@pytest.mark.parametrize(
    "jwk",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"kty":"oct","k":"AA"}',
        '{"kty":"RSA","n":"AA","e":"AQAB"}',
        '{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}',
        '{"kty":["EC"],"crv":{}}',
        '{"kty":"OKP","crv":"Ed25519","x":"' + "A" * 43 + '","d":"' + "A" * 43 + '"}',
        "[" * 1000,
    ],
)
def test_only_public_keys_of_two_kinds_are_taken(anyone: Browser, jwk: str) -> None:
    form = {"username": "member", "password": PASSWORD, "device_key": jwk}
    answer = anyone.post("/auth/token", data=form)
    if jwk:
        assert wrong_fields(answer) == {"device_key"}
    else:
        of(answer, 200)  # an empty field of a form is none
