"""The read models made anew from what the services have told."""

from dataclasses import replace

import pytest

from services.command.domain.heard import Heard
from services.command.usecases.follow_incident import FollowIncident
from services.command.usecases.rebuild_read_models import RebuildReadModels
from tests.builders.told import MATTER_NO, a_step_taken, an_incident_reported, heard
from tests.fakes.command import FakeReadModels, FakeRecords, FakeSearchIndex, FakeTransaction

REPORTED = heard(an_incident_reported())
ACCEPTED = heard(a_step_taken(), sequence=2)
FILED = heard(a_step_taken("file", from_state="accepted", state="filed"), sequence=3)


@pytest.fixture
def models() -> FakeReadModels:
    """Hold what came of the first two events."""
    models = FakeReadModels()
    for told in (REPORTED, ACCEPTED):
        FollowIncident(models, FakeSearchIndex(), None)(told)
    return models


def rebuild(models: FakeReadModels, *under_way: Heard) -> RebuildReadModels:
    records = FakeRecords([REPORTED, ACCEPTED], list(under_way))
    return RebuildReadModels(models, FakeSearchIndex(), records, FakeTransaction())


class TestRebuildReadModels:
    def test_gives_the_same_rows_again(self, models: FakeReadModels) -> None:
        before = models.fingerprints()

        rebuilt = rebuild(models)()

        assert models.fingerprints() == before
        assert (rebuilt.events, rebuilt.rows, rebuilt.differences) == (2, 3, 0)

    def test_mends_a_row_that_was_not_as_the_events_say(self, models: FakeReadModels) -> None:
        before = models.fingerprints()
        models.matters[MATTER_NO] = replace(models.matters[MATTER_NO], state="closed")

        rebuilt = rebuild(models)()

        assert models.fingerprints() == before
        assert rebuilt.differences == 2

    def test_brings_back_what_was_lost(self, models: FakeReadModels) -> None:
        before = models.fingerprints()
        models.clear()

        rebuilt = rebuild(models)()

        assert models.fingerprints() == before
        assert rebuilt.differences == 3

    def test_drops_what_nobody_told(self, models: FakeReadModels) -> None:
        before = models.fingerprints()
        models.entries["made up"] = {"matter_no": MATTER_NO}

        rebuilt = rebuild(models)()

        assert models.fingerprints() == before
        assert rebuilt.differences == 1

    def test_takes_what_is_under_way_and_calls_it_no_difference(
        self, models: FakeReadModels
    ) -> None:
        rebuilt = rebuild(models, FILED)()

        assert models.matters[MATTER_NO].state == "filed"
        assert (rebuilt.events, rebuilt.differences) == (3, 0)

    def test_is_one_transaction(self, models: FakeReadModels) -> None:
        transaction = FakeTransaction()

        records = FakeRecords([REPORTED, ACCEPTED], [])

        RebuildReadModels(models, FakeSearchIndex(), records, transaction)()

        assert transaction.opened == 1
