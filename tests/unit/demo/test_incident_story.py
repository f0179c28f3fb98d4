"""Two weeks of incidents: where, when and how they go on, as the rules of the lifecycle allow."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
import shapely

from deploy.demo.incident_kinds import KINDS
from deploy.demo.incident_story import StoryIncident, two_weeks
from deploy.demo.incident_topics import TOPICS
from deploy.demo.people import DEMO_PLACES
from services.grid.domain.area import Area
from services.patrol.domain.incident import State
from services.patrol.domain.step_table import STEP_TABLE
from shared.kernel.clock import CHINA
from shared.kernel.errors import Invalid

MONDAY_AFTERNOON = datetime(2026, 11, 23, 16, 40, tzinfo=CHINA)
SUNDAY_NIGHT = datetime(2026, 11, 22, 3, 5, tzinfo=CHINA)
NEW_YEAR = datetime(2027, 1, 1, 0, 0, tzinfo=CHINA)
UNDER_WAY = {
    State.REPORTED,
    State.ACCEPTED,
    State.FILED,
    State.DISPATCHED,
    State.HANDLING,
    State.FEEDBACK,
    State.CHECKED,
}


def final_state(incident: StoryIncident) -> State:
    state = State.REPORTED
    for step in incident.steps:
        state = STEP_TABLE[step.action].moves[state]
    return state


def is_in_office_hours(at: datetime) -> bool:
    minute = at.hour * 60 + at.minute
    return at.weekday() < 5 and (510 <= minute <= 720 or 840 <= minute <= 1050)


def distances_km(incidents: list[StoryIncident], lon: float, lat: float) -> np.ndarray:
    points = np.array([(incident.lon, incident.lat) for incident in incidents])
    return np.hypot((points[:, 0] - lon) * 95.3, (points[:, 1] - lat) * 111.2)


@pytest.fixture(scope="module")
def story(areas: list[Area]) -> list[StoryIncident]:
    return two_weeks(areas, until=MONDAY_AFTERNOON)


class TestTwoWeeks:
    def test_tells_600_incidents_in_order_within_the_14_days(
        self, story: list[StoryIncident]
    ) -> None:
        times = [incident.reported_at for incident in story]

        assert len(story) == 600
        assert times == sorted(times)
        assert times[0] >= MONDAY_AFTERNOON - timedelta(days=14)
        assert times[-1] <= MONDAY_AFTERNOON
        assert len({at.date() for at in times}) == 15

    def test_puts_each_incident_in_a_cell(
        self, story: list[StoryIncident], cells: list[Area]
    ) -> None:
        tree = shapely.STRtree([cell.outline for cell in cells])
        points = shapely.points([(incident.lon, incident.lat) for incident in story])

        found, _ = tree.query(points, predicate="intersects")
        assert set(found.tolist()) == set(range(600))
        assert all(round(i.lon, 7) == i.lon and round(i.lat, 7) == i.lat for i in story)

    def test_happens_mostly_in_town(self, story: list[StoryIncident], areas: list[Area]) -> None:
        town = [a.outline for a in areas if a.code in {"420802001", "420802002"}]
        points = [(incident.lon, incident.lat) for incident in story]
        in_town = sum(shapely.contains_xy(street, points).sum() for street in town)

        assert 0.5 < in_town / 600 < 0.85

    def test_tells_of_every_category_as_often_as_it_should(
        self, story: list[StoryIncident]
    ) -> None:
        count = Counter(incident.category for incident in story)

        assert sum(kind.share for kind in KINDS.values()) == pytest.approx(100)
        assert set(count) == {f"{number:02}" for number in range(1, 16)} == set(TOPICS)
        assert count.most_common(1)[0][0] == "06"
        assert count["13"] < count["01"] < count["06"]

    def test_is_mostly_ordinary_and_seldom_deadly(self, story: list[StoryIncident]) -> None:
        count = Counter(incident.severity for incident in story)

        assert set(count) == {"L1", "L2", "L3", "L4"}
        assert count["L3"] > 400
        assert count["L1"] < 15 < count["L2"]

    def test_follows_the_day_and_the_week(self, story: list[StoryIncident]) -> None:
        night = [i for i in story if i.reported_at.hour < 6]
        weekend = [i for i in story if i.reported_at.weekday() >= 5]
        office = [i for i in story if i.category in {"10", "15"}]

        assert len(night) < 0.1 * 600
        assert 0.12 * 600 < len(weekend) < 0.27 * 600
        assert sum(8 <= i.reported_at.hour < 18 for i in office) > 0.7 * len(office)

    @pytest.mark.parametrize("until", [MONDAY_AFTERNOON, SUNDAY_NIGHT, NEW_YEAR])
    @pytest.mark.parametrize("seed", [0, 1])
    def test_leaves_incidents_in_every_state_and_none_in_another(
        self, areas: list[Area], until: datetime, seed: int
    ) -> None:
        count = Counter(final_state(i) for i in two_weeks(areas, until=until, seed=seed))

        assert set(count) == UNDER_WAY | {State.CLOSED, State.CANCELLED}
        assert min(count.values()) >= 3
        assert count[State.CLOSED] > 300

    def test_takes_steps_one_after_the_other_and_none_in_the_future(
        self, story: list[StoryIncident]
    ) -> None:
        for incident in story:
            times = [incident.reported_at, *(step.at for step in incident.steps)]

            assert all(a < b for a, b in pairwise(times))
            assert times[-1] <= MONDAY_AFTERNOON
            assert all(step.note for step in incident.steps)
            assert all((s.to_unit is not None) == (s.action == "dispatch") for s in incident.steps)

    def test_handles_ordinary_incidents_in_office_hours_and_urgent_ones_at_once(
        self, story: list[StoryIncident]
    ) -> None:
        for incident in story:
            if incident.severity in {"L3", "L4"}:
                assert all(is_in_office_hours(step.at) for step in incident.steps[:-1])
            elif incident.steps:
                assert incident.steps[0].at - incident.reported_at <= timedelta(minutes=16)

    def test_has_some_that_miss_their_limit(self, story: list[StoryIncident]) -> None:
        spans = [
            incident.steps[4].at - incident.steps[2].at
            for incident in story
            if incident.severity == "L3" and len(incident.steps) > 4
        ]

        late = sum(span > timedelta(days=5) for span in spans)
        assert 0 < late < 0.15 * len(spans)

    def test_sends_each_category_to_its_unit(self, story: list[StoryIncident]) -> None:
        sent = {(i.category, s.to_unit) for i in story for s in i.steps if s.to_unit}

        assert sent <= {(code, kind.unit) for code, kind in KINDS.items()}

    def test_knows_the_units_of_patrols_catalogue(self) -> None:
        catalogue = import_module("services.patrol.migrations.versions.0001_incident")

        owners = {code: owner for code, _zh, _en, owner, _ in catalogue.CATEGORIES}
        assert {code: kind.unit for code, kind in KINDS.items()} == owners

    def test_writes_whole_texts_without_anything_personal(self, story: list[StoryIncident]) -> None:
        for incident in story:
            assert incident.title
            assert not re.search(r"[{}|]|\d{4}", incident.title + incident.description)
            assert not incident.description.startswith("，")
            assert incident.source in {"grid_member", "citizen", "hotline", "camera"}
            assert not (incident.anonymous and incident.source not in {"citizen", "hotline"})
        assert len({incident.description for incident in story}) > 200

    def test_has_a_cloudburst_six_days_before(self, story: list[StoryIncident]) -> None:
        water = [i for i in story if i.category == "12"]
        of_the_day = [i for i in water if i.reported_at.date().day == 17]

        assert len(of_the_day) > len(water) / 2
        assert len(of_the_day) >= 12

    def test_has_one_place_of_illegal_dumping(self, story: list[StoryIncident]) -> None:
        dumping = [i for i in story if "偷倒" in i.title or "渣土车出入" in i.title]
        lon, lat = np.median([(i.lon, i.lat) for i in dumping], axis=0)

        assert len(dumping) == 12
        assert distances_km(dumping, lon, lat).max() < 0.5
        assert len({i.reported_at.date() for i in dumping}) >= 4

    def test_gives_the_demo_grid_member_something_to_do(
        self, story: list[StoryIncident], areas: list[Area]
    ) -> None:
        (cell,) = [area.outline for area in areas if area.code == DEMO_PLACES["member"]]

        assert shapely.contains_xy(cell, [(i.lon, i.lat) for i in story]).sum() >= 3

    def test_is_the_same_for_the_same_seed_and_moment_in_any_zone(
        self, areas: list[Area], story: list[StoryIncident]
    ) -> None:
        assert two_weeks(areas, until=MONDAY_AFTERNOON.astimezone(UTC)) == story
        assert two_weeks(areas, until=MONDAY_AFTERNOON, seed=1) != story

    def test_refuses_a_time_without_offset(self, areas: list[Area]) -> None:
        with pytest.raises(Invalid, match="time_without_offset"):
            two_weeks(areas, until=MONDAY_AFTERNOON.replace(tzinfo=None))

    def test_refuses_fewer_incidents_than_the_clusters_have(self, areas: list[Area]) -> None:
        with pytest.raises(Invalid, match="too_few_incidents"):
            two_weeks(areas, until=MONDAY_AFTERNOON, count=5)
