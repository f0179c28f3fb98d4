"""Where something is: the chain of areas as codes."""

from tests.builders.place import a_place, outside


class TestPlace:
    def test_gives_its_codes_from_the_district_down(self) -> None:
        place = a_place(district="d", street="s", community="m", cell="c")

        assert place.codes == ("d", "s", "m", "c")

    def test_leaves_out_levels_that_are_not_there(self) -> None:
        assert a_place(district="d", street="s", community=None, cell="c").codes == ("d", "s", "c")

    def test_has_no_codes_outside(self) -> None:
        assert outside().codes == ()
