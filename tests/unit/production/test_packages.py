"""What is missing is named in one line, with the command that installs it."""

import os

import pytest

from deploy.data_folder import CannotStart
from deploy.production import packages


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_rabbitmq", lambda: None)
    monkeypatch.setattr(packages, "find_postgres", lambda: None)


@pytest.mark.usefixtures("nothing_installed")
class TestMissing:
    def test_is_named_to_whoever_may_not_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)

        with pytest.raises(CannotStart, match="apt-get install rabbitmq-server postgresql") as told:
            packages.ensure_installed(broker=True, database=True)

        assert "请先安装" in str(told.value)
        assert "\n" not in str(told.value)

    def test_is_not_missed_where_it_comes_from_elsewhere(self) -> None:
        packages.ensure_installed(broker=False, database=False)
