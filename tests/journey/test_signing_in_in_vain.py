"""Who may not sign in is answered the same, whatever the reason, and may try again."""

import httpx
import pytest

from tests.platform import PASSWORD, Platform, of


@pytest.mark.parametrize(
    "form",
    [
        {"username": "nobody", "password": PASSWORD},
        {"username": "not an account", "password": PASSWORD},
        {"username": "petition", "password": "wrong password"},
    ],
)
def test_no_sign_in_tells_which_accounts_there_are(
    platform: Platform, form: dict[str, str]
) -> None:
    answer = httpx.post(f"{platform.url}/api/v1/auth/token", data=form, timeout=30)

    assert of(answer, 401)["code"] == "sign_in_refused"


@pytest.mark.parametrize("token", ["nothing", "x" * 1000])
def test_a_refresh_token_that_never_was_is_refused(platform: Platform, token: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": token}

    answer = httpx.post(f"{platform.url}/api/v1/auth/token", data=form, timeout=30)

    assert of(answer, 401)["code"] == "refresh_refused"
