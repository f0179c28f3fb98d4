import os
from pathlib import Path

import pytest

from deploy.cli.cannot_do import CannotDo
from deploy.cli.whole_file import written_whole


class TestWrittenWhole:
    def test_puts_the_file_in_place_at_the_end(self, tmp_path: Path) -> None:
        target = tmp_path / "out.csv"
        target.write_text("old")

        with written_whole(target) as file:
            file.write(b"new")
            assert target.read_text() == "old"

        assert target.read_text() == "new"
        assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]

    def test_leaves_everything_as_it_was_when_the_work_fails(self, tmp_path: Path) -> None:
        target = tmp_path / "out.csv"
        target.write_text("old")

        def interrupted() -> None:
            with written_whole(target) as file:
                file.write(b"half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()

        assert target.read_text() == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]

    def test_gives_the_rights_a_plain_file_gets(self, tmp_path: Path) -> None:
        (tmp_path / "plain").write_text("")
        (tmp_path / "private").write_text("")
        (tmp_path / "private").chmod(0o600)

        for name in ("new", "private"):
            with written_whole(tmp_path / name) as file:
                file.write(b"x")

        assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode
        assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600

    def test_follows_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").write_text("old")
        (tmp_path / "link").symlink_to(tmp_path / "real")

        with written_whole(tmp_path / "link") as file:
            file.write(b"new")

        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_text() == "new"

    def test_leaves_a_device_in_its_place(self) -> None:
        with written_whole(Path(os.devnull)) as file:
            file.write(b"x")

        assert Path(os.devnull).is_char_device()

    @pytest.mark.parametrize("name", ["no/such/folder/out.csv", "."])
    def test_says_that_nothing_can_be_written_there(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(CannotDo, match="Cannot write"), written_whole(tmp_path / name):
            pass
