import time

import pytest

from deploy.cli.patience import Patience


class TestPatience:
    def test_has_none_when_none_is_given(self) -> None:
        assert Patience(0).pause_s(None) is None

    def test_waits_longer_from_try_to_try(self) -> None:
        patience = Patience(3600)

        pauses = [patience.pause_s(None) for _ in range(8)]

        assert all(pause is not None and 0 < pause <= 5 for pause in pauses)
        assert pauses[0] is not None
        assert pauses[-1] is not None
        assert pauses[-1] > 4 * pauses[0]

    def test_never_waits_past_its_end(self) -> None:
        pause = Patience(0.05).pause_s(60)

        assert pause == pytest.approx(0.05)

    def test_waits_as_long_as_the_server_asks(self) -> None:
        pause = Patience(3600).pause_s(17)

        assert pause == 17

    def test_begins_with_the_first_failure(self) -> None:
        patience = Patience(0.2)
        time.sleep(0.25)

        assert patience.pause_s(None) is not None
        time.sleep(0.25)
        assert patience.pause_s(None) is None
