"""The credentials file is whole or not there, and nobody else's to read."""

from pathlib import Path

import pytest

from deploy.provisioning.credentials import keep_urls, known_urls

PATROL = "postgresql://patrol:secret@h/wangge"


class TestKeepUrls:
    def test_enters_urls_and_leaves_the_others(self, tmp_path: Path) -> None:
        path = tmp_path / "folder" / "credentials.json"

        keep_urls(path, "database_url", {"patrol": PATROL, "grid": "postgresql://h/g"})
        keep_urls(path, "amqp_url", {"patrol": "amqp://h/"})
        keep_urls(path, "database_url", {"grid": "postgresql://h/other"})

        assert known_urls(path, "database_url") == {
            "patrol": PATROL,
            "grid": "postgresql://h/other",
        }
        assert known_urls(path, "amqp_url") == {"patrol": "amqp://h/"}

    def test_makes_a_file_for_its_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "credentials.json"
        path.with_name("credentials.json.partial").write_text("left behind by a killed run")

        keep_urls(path, "database_url", {"patrol": PATROL})

        assert path.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"patrol": {"url": "x"}}', '{"patrol": 3}'])
    def test_touches_no_file_of_another_kind(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "credentials.json"
        path.write_text(text)

        with pytest.raises(ValueError, match=r"credentials\.json"):
            keep_urls(path, "database_url", {"patrol": PATROL})

        assert path.read_text() == text


class TestKnownUrls:
    def test_are_none_where_there_is_no_file(self, tmp_path: Path) -> None:
        assert known_urls(tmp_path / "credentials.json", "database_url") == {}
