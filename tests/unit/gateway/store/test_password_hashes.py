"""Password hashes."""

from collections.abc import Callable
from typing import Any

from argon2 import PasswordHasher

from services.gateway.store.password_hashes import NOBODYS_HASH, Argon2Hasher


class Counting:
    """Computes at once, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, work: Callable[[], Any]) -> Any:
        self.count += 1
        return work()


class TestArgon2Hasher:
    def test_knows_its_own_hashes_and_no_others(self) -> None:
        hasher = Argon2Hasher()
        kept = hasher.hashed("correct horse")
        assert kept.startswith("$argon2id$")
        assert hasher.fits("correct horse", kept)
        assert not hasher.fits("wrong horse", kept)
        assert not hasher.fits("correct horse", "not a hash")

    def test_salts(self) -> None:
        hasher = Argon2Hasher()
        assert hasher.hashed("correct horse") != hasher.hashed("correct horse")

    def test_does_the_same_work_for_nobody(self) -> None:
        computing = Counting()
        assert not Argon2Hasher(computing).fits("anything", None)
        assert computing.count == 1
        # Made with other parameters it would take another time.
        assert not PasswordHasher().check_needs_rehash(NOBODYS_HASH)

    def test_makes_a_weaker_hash_anew_and_leaves_others(self) -> None:
        hasher = Argon2Hasher()
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")
        renewed = hasher.renewed("correct horse", weak)
        assert renewed != weak
        assert hasher.fits("correct horse", renewed)
        assert hasher.renewed("correct horse", renewed) == renewed
