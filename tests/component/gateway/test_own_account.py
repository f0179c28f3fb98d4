"""What people do to their own account: password, second factor, sign-ins."""

import time
import uuid
from typing import Any

import httpx
import pyotp
import pytest

from services.gateway import wiring
from services.gateway.service import create_app
from shared.kernel.rights import Role
from shared.runtime import audit
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from tests.component.gateway.browser import PASSWORD, Browser, of, refused, wrong_fields
from tests.component.gateway.edge_settings import EdgeSettings

BETTER = "horse-Battery-7"
STEP_S = 30


class Somebody:
    """An account of the test's own, and what its holder does."""

    def __init__(self, app: Browser, database: ServiceDatabase, role: Role) -> None:
        self.account = f"s-{uuid.uuid4().hex[:8]}"
        self.anyone = app
        self._database = database
        assert wiring.create_account(database)(
            account=self.account, name="Somebody", password=PASSWORD, roles=[role], place_code="*"
        )
        self.secret = ""
        self._steps = iter((-1, 0, 1))

    def try_to_sign_in(self, password: str = PASSWORD, **form: str) -> httpx.Response:
        return self.anyone.post(
            "/auth/token", data={"username": self.account, "password": password, **form}
        )

    def tokens(self, password: str = PASSWORD, **form: str) -> dict[str, Any]:
        answer = self.try_to_sign_in(password, **form)
        tokens: dict[str, Any] = of(answer, 200)
        return tokens

    def browser(self, **form: str) -> Browser:
        return Browser(self.anyone.app, self.tokens(**form)["access_token"])

    def code(self) -> str:
        """Return a code that was not used: three are good at a time."""
        at = int(time.time()) + STEP_S * next(self._steps)
        return pyotp.TOTP(self.secret).at(at)

    def enrol(self, browser: Browser) -> list[str]:
        begun = of(browser.post("/auth/totp", json={"password": PASSWORD}), 200)
        self.secret = begun["secret"]
        assert self.secret in begun["uri"]
        confirmed = of(browser.post("/auth/totp/confirm", json={"code": self.code()}), 200)
        codes: list[str] = confirmed["recovery_codes"]
        return codes

    def trail(self) -> list[tuple[str, str]]:
        with self._database.reading() as connection:
            rows = list(audit.trail(connection))
        mine = [row for row in rows if row["account"] == self.account]
        return [(row["action"].removeprefix("gateway."), row["outcome"]) for row in mine]


@pytest.fixture
def somebody(anyone: Browser, database: ServiceDatabase) -> Somebody:
    return Somebody(anyone, database, Role.GRID_MEMBER)


@pytest.fixture(scope="module")
def strict(settings: EdgeSettings, database: ServiceDatabase) -> Browser:
    """Somebody at an edge that wants a second factor of administrators."""
    asking = settings.model_copy(update={"second_factor": "required"})
    return Browser(create_app(asking, edge_of(asking, "gateway"), database))


def steady() -> None:
    """Wait until a time step has so much left that a test's codes stay good."""
    while time.time() % STEP_S > STEP_S - 8:
        time.sleep(0.2)


class TestPassword:
    def test_is_changed_and_ends_the_other_sign_ins(self, somebody: Somebody) -> None:
        this, other = somebody.browser(), somebody.browser()
        answer = this.post("/auth/password", json={"current": PASSWORD, "new": BETTER})
        assert (answer.status_code, answer.content) == (204, b"")

        of(this.get("/me"), 200)
        refused(other.get("/me"), 401)
        refused(somebody.try_to_sign_in(PASSWORD), 401)
        somebody.tokens(BETTER)
        assert ("change_password", "done") in somebody.trail()

    def test_has_to_follow_the_rules_and_be_a_new_one(self, somebody: Somebody) -> None:
        browser = somebody.browser()
        for new in ("short", "correct horse", f"{somebody.account}-A7", "Password123!"):
            answer = browser.post("/auth/password", json={"current": PASSWORD, "new": new})
            assert wrong_fields(answer) == {"password"}, new
        used = [BETTER, *(f"battery-Horse-{n}x" for n in range(4))]
        for current, new in zip([PASSWORD, *used], used, strict=False):
            answer = browser.post("/auth/password", json={"current": current, "new": new})
            assert answer.status_code == 204, answer.text
        for old in used:
            answer = browser.post("/auth/password", json={"current": used[-1], "new": old})
            errors = refused(answer, 422)["errors"]
            assert [error["code"] for error in errors] == ["used_before"]
        forgotten = {"current": used[-1], "new": "another-Horse-9x"}
        assert browser.post("/auth/password", json=forgotten).status_code == 204
        back = {"current": "another-Horse-9x", "new": BETTER}
        assert browser.post("/auth/password", json=back).status_code == 204

    def test_is_not_changed_by_a_thief_of_the_token(self, somebody: Somebody) -> None:
        browser = somebody.browser()
        for _ in range(5):
            answer = browser.post("/auth/password", json={"current": "guess", "new": BETTER})
            assert refused(answer, 403)["code"] == "password_wrong"

        # The fifth guess locked the account, and with it this sign-in.
        refused(browser.get("/me"), 401)
        trail = somebody.trail()
        assert trail.count(("change_password", "wrong_password")) == 5
        assert ("lock", "done") in trail
        assert trail[-1] == ("token", "locked")

    def test_set_by_an_administrator_is_changed_before_all_else(
        self, somebody: Somebody, database: ServiceDatabase
    ) -> None:
        given = "given-Horse-71"
        wiring.give_password(wiring.Proving(EdgeSettings(), database))(somebody.account, given)

        tokens = somebody.tokens(given)
        assert tokens["password_change_needed"]
        browser = Browser(somebody.anyone.app, tokens["access_token"])
        assert refused(browser.get("/incidents"), 403)["code"] == "change_password_first"
        of(browser.get("/me"), 200)

        change = {"current": given, "new": BETTER}
        assert browser.post("/auth/password", json=change).status_code == 204
        renewing = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        renewed = of(somebody.anyone.post("/auth/token", data=renewing), 200)
        assert not renewed["password_change_needed"]
        of(Browser(somebody.anyone.app, renewed["access_token"]).get("/incidents"), 200)


class TestSecondFactor:
    def test_is_asked_for_once_it_is_confirmed(self, somebody: Somebody) -> None:
        steady()
        browser = somebody.browser()
        somebody.enrol(browser)

        asked = refused(somebody.try_to_sign_in(), 401)
        assert asked["code"] == "second_factor_needed"
        second = {
            "grant_type": "second_factor",
            "challenge_token": asked["challenge_token"],
            "otp": somebody.code(),
        }
        of(somebody.anyone.post("/auth/token", data=second), 200)
        somebody.tokens(otp=somebody.code())
        assert somebody.trail()[1:4] == [
            ("begin_second_factor", "done"),
            ("confirm_second_factor", "done"),
            ("sign_in", "second_factor_needed"),
        ]

    def test_takes_no_code_twice(self, somebody: Somebody) -> None:
        steady()
        somebody.enrol(somebody.browser())
        code = somebody.code()
        somebody.tokens(otp=code)

        answer = refused(somebody.try_to_sign_in(otp=code), 401)

        assert answer["code"] == "second_factor_refused"
        assert somebody.trail()[-1] == ("sign_in", "code_replayed")

    def test_takes_no_code_twice_on_another_copy(
        self, somebody: Somebody, settings: EdgeSettings, database: ServiceDatabase
    ) -> None:
        steady()
        somebody.enrol(somebody.browser())
        code = somebody.code()
        somebody.tokens(otp=code)
        somebody.anyone = Browser(create_app(settings, edge_of(settings, "gateway"), database))
        refused(somebody.try_to_sign_in(otp=code), 401)

    def test_locks_the_account_after_five_wrong_codes_even_between_right_passwords(
        self, somebody: Somebody
    ) -> None:
        steady()
        somebody.enrol(somebody.browser())
        for _ in range(5):
            refused(somebody.try_to_sign_in(), 401)
            refused(somebody.try_to_sign_in(otp="000000"), 401)

        refused(somebody.try_to_sign_in(otp=somebody.code()), 401)

        assert somebody.trail()[-3:] == [
            ("sign_in", "second_factor_wrong"),
            ("lock", "done"),
            ("sign_in", "locked"),
        ]

    def test_is_replaced_by_a_recovery_code_good_once(self, somebody: Somebody) -> None:
        steady()
        codes = somebody.enrol(somebody.browser())
        somebody.tokens(otp=codes[0].lower())
        refused(somebody.try_to_sign_in(otp=codes[0]), 401)
        somebody.tokens(otp=codes[1])

    def test_is_removed_by_its_owner_alone(self, somebody: Somebody) -> None:
        steady()
        browser = somebody.browser()
        codes = somebody.enrol(browser)
        wrong = {"password": PASSWORD, "code": "000000"}
        kept = refused(browser.post("/auth/totp/remove", json=wrong), 403)
        assert kept["code"] == "second_factor_wrong"
        again = browser.post("/auth/totp", json={"password": PASSWORD})
        assert refused(again, 409)["code"] == "second_factor_there"

        right = {"password": PASSWORD, "code": codes[0]}
        assert browser.post("/auth/totp/remove", json=right).status_code == 204

        somebody.tokens()
        answer = browser.post("/auth/totp/confirm", json={"code": "000000"})
        assert refused(answer, 409)["code"] == "no_second_factor"

    def test_a_challenge_is_neither_token_nor_made_up(self, somebody: Somebody) -> None:
        steady()
        somebody.enrol(somebody.browser())
        challenge = refused(somebody.try_to_sign_in(), 401)["challenge_token"]
        refused(Browser(somebody.anyone.app, challenge).get("/me"), 401)

        token = Somebody.tokens(somebody, otp=somebody.code())["access_token"]
        for made_up in (token, "nonsense", challenge[:-2]):
            form = {"grant_type": "second_factor", "challenge_token": made_up, "otp": "000000"}
            answer = somebody.anyone.post("/auth/token", data=form)
            assert refused(answer, 401)["code"] == "challenge_refused"

    @pytest.mark.parametrize(
        "role", [Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR]
    )
    def test_is_enrolled_by_an_administrator_before_all_else(
        self, strict: Browser, database: ServiceDatabase, role: Role
    ) -> None:
        steady()
        administrator = Somebody(strict, database, role)
        tokens = administrator.tokens()
        assert tokens["second_factor_enrolment_needed"]
        browser = Browser(strict.app, tokens["access_token"])
        assert refused(browser.get("/incidents"), 403)["code"] == "enrol_second_factor"
        of(browser.get("/me"), 200)

        administrator.enrol(browser)

        renewing = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        renewed = of(strict.post("/auth/token", data=renewing), 200)
        assert not renewed["second_factor_enrolment_needed"]
        browser = Browser(strict.app, renewed["access_token"])
        # Administrators read no cases; that they are told so shows that they are let in.
        assert refused(browser.get("/incidents"), 403)["code"] == "not_permitted"

    def test_is_asked_of_nobody_else(self, strict: Browser, database: ServiceDatabase) -> None:
        member = Somebody(strict, database, Role.GRID_MEMBER)
        assert not member.tokens()["second_factor_enrolment_needed"]


class TestSignIns:
    def test_are_listed_to_their_owner(self, somebody: Somebody) -> None:
        this = somebody.browser(device_name="办公电脑")
        somebody.browser()
        items = of(this.get("/auth/sessions"), 200)["items"]
        assert len(items) == 2
        [mine] = [item for item in items if item["is_this"]]
        assert mine["device_name"] == "办公电脑"
        assert mine["since"] == mine["renewed_at"] < mine["good_until"]
        assert not mine["is_bound"]

    def test_are_ended_one_by_one(self, somebody: Somebody, member: Browser) -> None:
        this, lost = somebody.browser(), somebody.browser(device_name="lost phone")
        items = of(this.get("/auth/sessions"), 200)["items"]
        [found] = [item["id"] for item in items if item["device_name"]]
        assert refused(member.post(f"/auth/sessions/{found}/end"), 404)
        of(lost.get("/me"), 200)

        assert this.post(f"/auth/sessions/{found}/end").status_code == 204

        refused(lost.get("/me"), 401)
        of(this.get("/me"), 200)
        assert somebody.trail()[-2:] == [("end_sign_in", "done"), ("token", "sign_in_ended")]

    def test_are_ended_all_at_once(self, somebody: Somebody) -> None:
        this, other = somebody.browser(), somebody.browser()
        assert this.post("/auth/logout", json={"everywhere": True}).status_code == 204
        for browser in (this, other):
            assert refused(browser.get("/me"), 401)["code"] == "token_not_good"

    def test_a_token_that_is_refused_again_and_again_is_noted_once(
        self, somebody: Somebody
    ) -> None:
        this = somebody.browser()
        this.post("/auth/logout")
        for _ in range(5):
            refused(this.get("/me"), 401)
        assert somebody.trail().count(("token", "sign_in_ended")) == 1
