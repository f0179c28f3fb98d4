"""Each cell of the example district has its people, and each demo account its place."""

from collections import Counter

from deploy.demo.names import EXAMPLE_MARK, person_name, residential_name, village_name
from deploy.demo.people import DEMO_PLACES, OfficerRole, demo_officers
from deploy.demo.seed import NAMES, ROLES
from services.grid.domain.area import Area


class TestDemoOfficers:
    def test_give_each_cell_members_and_exactly_one_leader(
        self, areas: list[Area], cells: list[Area]
    ) -> None:
        officers = demo_officers(areas)
        roles = {role: Counter[str]() for role in OfficerRole}
        for officer in officers:
            roles[officer.role].update(officer.cells)

        codes = {cell.code for cell in cells}
        assert set(roles[OfficerRole.GRID_MEMBER]) == codes
        assert set(roles[OfficerRole.GRID_LEADER]) == codes
        assert set(roles[OfficerRole.GRID_LEADER].values()) == {1}

    def test_keep_to_one_community_each(self, areas: list[Area]) -> None:
        officers = demo_officers(areas)

        assert all(len({cell[:12] for cell in officer.cells}) == 1 for officer in officers)

    def test_are_all_different_and_marked_as_examples(self, areas: list[Area]) -> None:
        officers = demo_officers(areas)

        assert len({officer.account for officer in officers}) == len(officers)
        assert len({officer.name for officer in officers}) == len(officers)
        assert all(officer.name.endswith(EXAMPLE_MARK) for officer in officers)
        assert all(officer.valid_from.tzinfo for officer in officers)

    def test_have_the_demo_account_in_its_cell(self, areas: list[Area]) -> None:
        (member,) = [o for o in demo_officers(areas) if o.account == "member"]

        assert member.cells == (DEMO_PLACES["member"],)
        assert member.role is OfficerRole.GRID_MEMBER


class TestDemoPlaces:
    def test_are_areas_of_the_district_that_lie_in_each_other(self, areas: list[Area]) -> None:
        codes = {area.code for area in areas}

        assert set(DEMO_PLACES.values()) <= codes
        assert DEMO_PLACES["street"] == "420802001"
        assert DEMO_PLACES["community"].startswith(DEMO_PLACES["street"])
        assert DEMO_PLACES["member"].startswith(DEMO_PLACES["community"])
        assert DEMO_PLACES["mediator"] == DEMO_PLACES["community"]
        assert DEMO_PLACES.keys() == ROLES.keys() == NAMES.keys()


class TestNames:
    def test_do_not_repeat_as_far_as_promised(self) -> None:
        assert len({person_name(number) for number in range(6120)}) == 6120
        assert len({village_name(number) for number in range(204)}) == 204
        assert len({residential_name(number) for number in range(92)}) == 92
