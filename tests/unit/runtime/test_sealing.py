"""Sealing: what is sealed opens where it was sealed, whatever key or cipher is in use by then."""

import os
import shlex
import stat
import sys
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.personal_data import IdNumber, Phone
from shared.runtime import keyring as keyrings
from shared.runtime.blind_index import all_indexes_of, index_of
from shared.runtime.keyring import (
    KeyCommand,
    KeyFile,
    KeyMissing,
    Keyring,
    KeyringMissing,
    KeyringUnusable,
    first_keys,
    keys_from,
    keys_to,
    with_new_key,
    without_key,
)
from shared.runtime.sealing import SealBroken, Sealer
from shared.runtime.settings import CipherName

AT = "incident.title"
CIPHERS: tuple[CipherName, ...] = ("aes256", "sm4")


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    file = KeyFile(tmp_path / "secrets" / "keyring.json")
    assert file.make()
    return file


@pytest.fixture(autouse=True)
def _looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyrings, "LOOK_EVERY_S", 0.0)


def sealer_of(file: KeyFile, cipher: CipherName = "aes256") -> Sealer:
    return Sealer(Keyring(KeyFile(file.path)), cipher, "sha256")


@pytest.mark.parametrize("cipher", CIPHERS)
class TestSealed:
    def test_opens_again(self, file: KeyFile, cipher: CipherName) -> None:
        sealer = sealer_of(file, cipher)

        for text in (b"", "张三".encode(), os.urandom(5000)):
            assert sealer.open(sealer.seal(text, AT), AT) == text
            assert sealer.open_text(sealer.seal_text(text, AT), AT) == text

    def test_looks_different_each_time(self, file: KeyFile, cipher: CipherName) -> None:
        sealer = sealer_of(file, cipher)

        assert sealer.seal(b"same", AT) != sealer.seal(b"same", AT)

    def test_opens_nowhere_else(self, file: KeyFile, cipher: CipherName) -> None:
        sealer = sealer_of(file, cipher)

        with pytest.raises(SealBroken, match=r"^a value of incident\.description does not open$"):
            sealer.open(sealer.seal(b"text", AT), "incident.description")

    def test_opens_not_when_a_bit_has_changed(self, file: KeyFile, cipher: CipherName) -> None:
        sealer = sealer_of(file, cipher)
        sealed = sealer.seal("张三".encode(), AT)

        for place in range(len(sealed)):
            changed = bytearray(sealed)
            changed[place] ^= 1
            with pytest.raises((SealBroken, KeyMissing)):
                sealer.open(bytes(changed), AT)


class TestCutOrMadeUp:
    @given(st.binary(max_size=80))
    def test_opens_not(self, made_up: bytes) -> None:
        sealer = Sealer(Keyring(_Kept()), "aes256", "sha256")

        with pytest.raises((SealBroken, KeyMissing)):
            sealer.open(made_up, AT)

    @given(st.text(max_size=80))
    def test_as_a_text_opens_not_either(self, made_up: str) -> None:
        sealer = Sealer(Keyring(_Kept()), "aes256", "sha256")

        with pytest.raises((SealBroken, KeyMissing)):
            sealer.open_text(made_up, AT)


class _Kept:
    """A source of one keyring."""

    KEYS = first_keys()

    def read(self) -> keyrings.Keys:
        return self.KEYS

    def may_have_changed(self) -> bool:
        return False


class TestKeys:
    @pytest.mark.parametrize(("before", "after"), list(permutations(CIPHERS, 2)))
    def test_of_another_cipher_open_what_was_sealed_before(
        self, file: KeyFile, before: CipherName, after: CipherName
    ) -> None:
        sealed = sealer_of(file, before).seal(b"text", AT)

        assert sealer_of(file, after).open(sealed, AT) == b"text"

    def test_added_are_known_to_those_that_run(self, file: KeyFile) -> None:
        sealer, other = sealer_of(file), sealer_of(file)
        old = sealer.seal(b"text", AT)

        file.write(with_new_key(file.read()))

        new = other.seal(b"text", AT)
        assert new[2:6] != old[2:6]
        assert sealer.open(new, AT) == sealer.open(old, AT) == b"text"

    def test_are_looked_for_when_one_is_unknown(
        self, file: KeyFile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keyrings, "LOOK_EVERY_S", 3600.0)
        sealer = sealer_of(file)
        sealer.open(sealer.seal(b"text", AT), AT)
        sealer.open(sealer.seal(b"text", AT), AT)
        file.write(with_new_key(file.read()))

        assert sealer.open(sealer_of(file).seal(b"text", AT), AT) == b"text"

    def test_taken_out_open_nothing_any_more(self, file: KeyFile) -> None:
        sealer = sealer_of(file)
        sealed = sealer.seal(b"text", AT)
        old = file.read().current
        file.write(without_key(with_new_key(file.read()), old))

        with pytest.raises(KeyMissing, match=old):
            sealer.open(sealed, AT)

    def test_of_a_file_are_its_owners_alone(self, file: KeyFile) -> None:
        sealer_of(file).seal(b"text", AT)

        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
        assert [each.name for each in file.path.parent.iterdir()] == ["keyring.json"]

    def test_that_are_not_there_are_not_made_by_whoever_reads(self, tmp_path: Path) -> None:
        missing = KeyFile(tmp_path / "keyring.json")

        with pytest.raises(KeyringMissing, match=r"keyring\.json.*wangge keys init.*没有密钥库"):
            missing.read()
        assert not missing.path.exists()

    def test_that_are_there_are_not_made_anew(self, file: KeyFile) -> None:
        keys = file.read()

        assert not file.make()
        assert file.read() == keys

    def test_that_are_away_for_a_moment_are_still_known(self, file: KeyFile) -> None:
        sealer = sealer_of(file)
        sealed = sealer.seal(b"text", AT)

        file.path.unlink()
        assert sealer.open(sealed, AT) == b"text"
        file.path.write_text("half a fi")
        assert sealer.open(sealed, AT) == b"text"

        assert sealer.keyring.keys.current.encode() in sealed

    def test_are_not_shown(self, file: KeyFile) -> None:
        keys = file.read()
        secret = keys.keys[keys.current].secret

        assert repr(secret) not in repr(keys)
        assert repr(secret) not in repr(keys.keys[keys.current])

    def test_come_from_a_command(self, file: KeyFile) -> None:
        sealed = sealer_of(file).seal(b"text", AT)
        command = KeyCommand(f"cat {shlex.quote(str(file.path))}")

        assert Sealer(Keyring(command), "aes256", "sha256").open(sealed, AT) == b"text"

    @pytest.mark.parametrize("said", ["print('secret-xyz')", "raise SystemExit('secret-xyz')"])
    def test_that_a_command_does_not_give_are_told_without_what_it_said(self, said: str) -> None:
        command = KeyCommand(f"{sys.executable} -c {shlex.quote(said)}")

        with pytest.raises(KeyringUnusable) as unusable:
            command.read()
        assert "secret-xyz" not in str(unusable.value)

    @pytest.mark.parametrize(
        "spoilt",
        [b"{}", b"[]", b"null", b'{"current": "k9", "keys": {}, "index": ""}', b"\xff"],
    )
    def test_that_are_none_are_refused(self, spoilt: bytes) -> None:
        with pytest.raises(ValueError, match=r"keyring|current key"):
            keys_from(spoilt)

    def test_are_read_as_they_were_written(self) -> None:
        keys = with_new_key(first_keys())

        assert keys_from(keys_to(keys)) == keys


class TestBlindIndex:
    def test_finds_a_phone_however_it_is_written(self, file: KeyFile) -> None:
        sealer = sealer_of(file)

        digest = index_of(sealer, Phone("+86 138-1234-5678"), "incident.contact_phone")

        assert digest in all_indexes_of(sealer, Phone("13812345678"), "incident.contact_phone")

    def test_finds_what_was_indexed_under_an_earlier_key(self, file: KeyFile) -> None:
        sealer, phone = sealer_of(file), Phone("13812345678")
        before = index_of(sealer, phone, "incident.contact_phone")
        file.write(with_new_key(file.read()))

        assert index_of(sealer, phone, "incident.contact_phone") != before
        assert before in all_indexes_of(sealer, phone, "incident.contact_phone")

    def test_is_another_in_another_column_and_for_another(self, file: KeyFile) -> None:
        sealer, number = sealer_of(file), "42080219850412123X"

        digests = {
            index_of(sealer, Phone("13812345678"), "incident.contact_phone"),
            index_of(sealer, Phone("13812345678"), "party.phone"),
            index_of(sealer, Phone("13812345679"), "incident.contact_phone"),
            index_of(sealer, IdNumber(number), "party.id_number"),
        }

        assert len(digests) == 4

    def test_is_sm3_where_that_is_chosen(self, file: KeyFile) -> None:
        phone, at = Phone("13812345678"), "incident.contact_phone"
        sealer = Sealer(Keyring(file), "sm4", "sm3")

        assert index_of(sealer, phone, at) != index_of(sealer_of(file), phone, at)
        assert index_of(sealer, phone, at) in all_indexes_of(sealer_of(file), phone, at)
