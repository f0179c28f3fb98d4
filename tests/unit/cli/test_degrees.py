import pytest

from deploy.cli.degrees import CellsWrong, degrees_of


def wrong(lon: str, lat: str) -> list[tuple[str, str]]:
    with pytest.raises(CellsWrong) as error:
        degrees_of(("经度", lon), ("纬度", lat))
    return [(one.field, one.code) for one in error.value.errors]


class TestDegreesOf:
    @pytest.mark.parametrize(
        ("lon", "lat"),
        [("112.2015", "31.0519"), (" 112.2015 ", "+31.0519"), ("1.122015e2", "31.0519")],
    )
    def test_reads_numbers(self, lon: str, lat: str) -> None:
        assert degrees_of(("x", lon), ("y", lat)) == (112.2015, 31.0519)

    def test_reads_the_ends_of_the_range(self) -> None:
        assert degrees_of(("x", "-180"), ("y", "90")) == (-180.0, 90.0)

    @pytest.mark.parametrize("text", ["abc", "112,2", "112°12'", "1_12", "0x10", "112.2E"])
    def test_names_the_column_that_is_no_number(self, text: str) -> None:
        assert wrong(text, "31") == [("经度", "not_a_number")]

    @pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "180.0000001", "3456789"])
    def test_names_the_column_that_is_no_place_on_earth(self, text: str) -> None:
        assert wrong(text, "31") == [("经度", "out_of_range")]

    def test_tells_of_both_columns_at_once(self) -> None:
        assert wrong("", "x") == [("经度", "empty"), ("纬度", "not_a_number")]
        assert wrong("181", "-91") == [("经度", "out_of_range"), ("纬度", "out_of_range")]

    def test_shows_no_more_than_the_start_of_a_long_text(self) -> None:
        with pytest.raises(CellsWrong) as error:
            degrees_of(("x", "q" * 10_000), ("y", "1"))

        assert len(error.value.errors[0].en) < 200
