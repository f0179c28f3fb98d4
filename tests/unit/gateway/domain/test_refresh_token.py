"""What becomes of a refresh token that comes in."""

from datetime import timedelta

from services.gateway.domain.refresh_token import RefreshToken, Verdict
from tests.fakes.gateway import FakeClock

NOW = FakeClock().now
HOUR = timedelta(hours=1)


def a_token(
    *, used: bool = False, revoked: bool = False, expires_in: timedelta = HOUR
) -> RefreshToken:
    return RefreshToken(
        digest="d",
        family="f",
        account="member",
        expires_at=NOW + expires_in,
        used_at=NOW if used else None,
        revoked_at=NOW if revoked else None,
    )


class TestRefreshToken:
    def test_renews_when_it_is_fresh(self) -> None:
        assert a_token().verdict(NOW) is Verdict.RENEW

    def test_does_not_renew_from_the_moment_it_expires(self) -> None:
        assert a_token(expires_in=timedelta()).verdict(NOW) is Verdict.REFUSE

    def test_brings_its_family_down_when_it_is_used_twice(self) -> None:
        assert a_token(used=True).verdict(NOW) is Verdict.REVOKE_FAMILY

    def test_brings_its_family_down_even_when_it_has_expired_meanwhile(self) -> None:
        assert a_token(used=True, expires_in=-HOUR).verdict(NOW) is Verdict.REVOKE_FAMILY

    def test_is_only_refused_once_its_family_is_down(self) -> None:
        assert a_token(used=True, revoked=True).verdict(NOW) is Verdict.REFUSE
