"""Settings from the environment: each wrong one is named, and no secret is shown."""

import re
from pathlib import Path

import pytest

from shared.runtime.settings import SettingsInvalid, load_settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATA",
        "HOST",
        "AMQP_URL",
        "DATABASE_URL",
        "DEMO_PASSWORD",
        "RETRY_DELAYS_S",
        "CREDENTIALS",
    ):
        monkeypatch.delenv(f"WANGGE_{name}", raising=False)
    monkeypatch.delenv("PORT", raising=False)


class TestLoadSettings:
    def test_runs_in_one_process_when_nothing_is_set(self) -> None:
        settings = load_settings()

        assert settings.is_embedded
        assert settings.broker_url == "inprocess://"
        assert settings.service_database_url("patrol").endswith("/var/patrol.sqlite")
        assert settings.service_database_url("patrol") != settings.service_database_url("grid")

    def test_takes_a_broker_and_a_database_from_outside(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WANGGE_AMQP_URL", "amqp://broker/")
        monkeypatch.setenv("WANGGE_DATABASE_URL", "postgresql://database/wangge")

        settings = load_settings()

        assert not settings.is_embedded
        assert settings.broker_url == "amqp://broker/"
        assert settings.service_database_url("patrol") == "postgresql+psycopg2://database/wangge"

    def test_reads_port_without_prefix_and_delays_as_a_list(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PORT", "9000")
        monkeypatch.setenv("WANGGE_RETRY_DELAYS_S", "[0.5, 2]")

        settings = load_settings()

        assert (settings.port, settings.retry_delays_s) == (9000, (0.5, 2))

    @pytest.mark.parametrize(("days", "is_good"), [("0", True), ("31", True), ("30", False)])
    def test_keeps_text_for_ever_or_longer_than_answers(
        self, monkeypatch: pytest.MonkeyPatch, days: str, is_good: bool
    ) -> None:
        monkeypatch.setenv("WANGGE_INCIDENT_TEXT_KEPT_DAYS", days)

        if is_good:
            assert load_settings().incident_text_kept_days == int(days)
        else:
            with pytest.raises(SettingsInvalid, match="WANGGE_INCIDENT_TEXT_KEPT_DAYS"):
                load_settings()

    def test_lets_the_command_line_have_the_last_word(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("WANGGE_DATA", "elsewhere")

        assert load_settings(data=tmp_path).data == tmp_path

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("PORT", "0"),
            ("PORT", "http"),
            ("WANGGE_WORKERS", "none"),
            ("WANGGE_WORKERS", "0"),
            ("WANGGE_AMQP_URL", "http://broker/"),
            ("WANGGE_DATABASE_URL", "mysql://database/"),
            ("WANGGE_LOG_LEVEL", "LOUD"),
            ("WANGGE_SNAP_TOLERANCE_M", "-1"),
            ("WANGGE_RPC_TIMEOUT_S", "0"),
            ("WANGGE_RETRY_DELAYS_S", "soon"),
            ("WANGGE_RETRY_DELAYS_S", "[1, -1]"),
            ("WANGGE_RETRY_DELAYS_S", '[1, "soon"]'),
            ("WANGGE_RETRY_DELAYS_S", "[1e400]"),
        ],
    )
    def test_names_the_variable_that_is_wrong_in_both_languages(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
    ) -> None:
        monkeypatch.setenv(variable, value)

        with pytest.raises(SettingsInvalid) as invalid:
            load_settings()

        [line] = str(invalid.value).splitlines()
        assert line.startswith(f"{variable}: ")
        assert f"环境变量 {variable}" in line

    def test_has_a_line_for_each(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORT", "x")
        monkeypatch.setenv("WANGGE_WORKERS", "y")

        with pytest.raises(SettingsInvalid) as invalid:
            load_settings()

        assert len(str(invalid.value).splitlines()) == 2

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("WANGGE_DEMO_PASSWORD", "secret"),
            ("WANGGE_AMQP_URL", "amq://user:secret@broker/"),
            ("WANGGE_DATABASE_URL", "mysql://user:secret@database/"),
        ],
    )
    def test_shows_no_secret(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
    ) -> None:
        monkeypatch.setenv(variable, value)

        with pytest.raises(SettingsInvalid, match=re.escape(variable)) as invalid:
            load_settings()

        assert "secret" not in str(invalid.value)


class TestCredentials:
    @pytest.fixture
    def file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "credentials.json"
        path.write_text(
            '{"patrol": {"database_url": "postgresql://patrol:secret@h/wangge", "amqp_url": null},'
            ' "grid": {"amqp_url": "amqp://grid:secret@h/wangge"}}'
        )
        monkeypatch.setenv("WANGGE_CREDENTIALS", str(path))
        return path

    def test_have_a_way_in_for_each_service(self, file: Path) -> None:
        settings = load_settings(amqp_url="amqp://all@h/", database_url="postgresql://all@h/d")

        assert not settings.is_embedded
        assert settings.service_database_url("patrol") == (
            "postgresql+psycopg2://patrol:secret@h/wangge"
        )
        assert settings.service_broker_url("grid") == "amqp://grid:secret@h/wangge"
        # What is not in the file is what is said for all.
        assert settings.service_database_url("grid") == "postgresql+psycopg2://all@h/d"
        assert settings.service_broker_url("patrol") == "amqp://all@h/"

    def test_without_a_service_are_no_reason_to_keep_its_tables_elsewhere(self, file: Path) -> None:
        settings = load_settings()

        assert not settings.is_embedded
        with pytest.raises(SettingsInvalid, match="names no database of grid") as invalid:
            settings.service_database_url("grid")
        assert "没有 grid 的数据库" in str(invalid.value)

    @pytest.mark.parametrize("text", ["secret", "[]", '{"patrol": {"url": "secret"}}', "3"])
    def test_of_another_form_are_named_and_not_quoted(self, file: Path, text: str) -> None:
        file.write_text(text)

        with pytest.raises(SettingsInvalid, match="WANGGE_CREDENTIALS") as invalid:
            load_settings().service_database_url("patrol")

        assert "secret" not in str(invalid.value)
        assert "无法读取" in str(invalid.value)


class TestEdgeOverTls:
    def test_takes_both_files_or_neither(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert not load_settings().speaks_tls
        monkeypatch.setenv("WANGGE_TLS_CERTIFICATE", "edge.pem")

        with pytest.raises(SettingsInvalid, match="WANGGE_TLS_KEY"):
            _ = load_settings().speaks_tls

        monkeypatch.setenv("WANGGE_TLS_KEY", "edge.key")
        assert load_settings().speaks_tls


class TestTrustedProxies:
    def test_are_addresses_and_networks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANGGE_TRUSTED_PROXIES", "10.0.0.5, 192.0.2.0/24")

        assert load_settings().trusted_proxies == ("10.0.0.5", "192.0.2.0/24")

    @pytest.mark.parametrize("proxies", ["*", "proxy.example", "10.0.0.1/8"])
    def test_are_nothing_else(self, proxies: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANGGE_TRUSTED_PROXIES", proxies)

        with pytest.raises(SettingsInvalid, match="WANGGE_TRUSTED_PROXIES"):
            load_settings()


class TestClockRules:
    def test_are_a_file_of_rows_a_district_may_set(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "clocks.toml"
        file.write_text('[[office_hours]]\nfrom = 2026-05-01\nspans = [["08:00", "12:00"]]\n')
        monkeypatch.setenv("WANGGE_CLOCK_RULES", str(file))

        assert load_settings().clock_rules == file

    @pytest.mark.parametrize(
        "text", ['[[rule]]\nid = "penalty.decide"\n', "[[holiday]]\n", "no toml"]
    )
    def test_keep_the_platform_from_starting_when_they_are_not_right(
        self, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "clocks.toml"
        file.write_text(text)
        monkeypatch.setenv("WANGGE_CLOCK_RULES", str(file))

        with pytest.raises(SettingsInvalid, match="WANGGE_CLOCK_RULES"):
            load_settings()

    def test_have_to_be_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANGGE_CLOCK_RULES", "/nowhere/clocks.toml")

        with pytest.raises(SettingsInvalid, match="WANGGE_CLOCK_RULES"):
            load_settings()
