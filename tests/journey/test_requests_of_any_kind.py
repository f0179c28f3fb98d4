"""Whatever is sent to the interface is answered as its own document says, never with 500 or 503."""

import pytest

from tests.fuzzing.account import Account
from tests.fuzzing.http import Requests
from tests.platform import Platform
from tests.profiles import Profile

SHORT = 800


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> int:
    """Give how many requests to send."""
    asked: int | None = request.config.getoption("--examples")
    return SHORT if asked is None else asked


def test_every_request_is_answered_as_the_document_says(
    own_platform: Platform, profile: Profile, examples: int
) -> None:
    account = Account(name=f"requests-{profile}")
    requests = Requests(own_platform, account)
    try:
        requests.send(examples)
    finally:
        requests.close()
    assert own_platform.is_ready()
    account.close()
