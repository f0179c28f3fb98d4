"""Why an event died, and what is shown of its body: never what is personal in it."""

import pytest

from shared.kernel.errors import NotFound
from shared.runtime.dead_letters import masked
from shared.runtime.event_door import reason_of
from shared.runtime.inbox import Early
from shared.runtime.outbox import ContractBroken

PERSONAL = "张三 138-0000-0000"


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


class TestReasonOf:
    def test_quotes_what_cannot_quote_a_body(self) -> None:
        refusal = NotFound(code="no_such_matter", zh="没有", en="There is none.")

        assert reason_of(raised(refusal)) == "NotFound: no_such_matter: There is none."
        assert reason_of(raised(ContractBroken("x.v1: at missing"))) == (
            "ContractBroken: x.v1: at missing"
        )
        assert "event 3 came after event 1" in reason_of(raised(Early("i", taken=1, sequence=3)))

    @pytest.mark.parametrize("error", [ValueError(PERSONAL), KeyError(PERSONAL), Exception()])
    def test_says_of_other_errors_only_what_and_where(self, error: Exception) -> None:
        reason = reason_of(raised(error))

        assert reason.startswith(f"{type(error).__name__} at raised:")
        assert PERSONAL not in reason

    def test_knows_an_error_that_was_never_raised(self) -> None:
        assert reason_of(ValueError(PERSONAL)) == "ValueError"

    def test_looks_for_the_innermost_place(self) -> None:
        def inner() -> None:
            raise ZeroDivisionError

        def outer() -> None:
            inner()

        with pytest.raises(ZeroDivisionError) as caught:
            outer()

        assert "inner:" in reason_of(caught.value)


class TestMasked:
    def test_shows_of_the_personal_part_only_which_fields_it_has(self) -> None:
        body = {"matter_no": "P", "personal": {"title": PERSONAL, "parties": [PERSONAL]}}

        assert masked(body) == {
            "matter_no": "P",
            "personal": {"title": "***", "parties": "***"},
        }

    def test_looks_into_lists_and_further_down(self) -> None:
        body = [{"told": {"personal": {"note": PERSONAL}}}, "kept", 1, None]

        assert masked(body) == [{"told": {"personal": {"note": "***"}}}, "kept", 1, None]

    @pytest.mark.parametrize("personal", [PERSONAL, [PERSONAL], [{"name": PERSONAL}], None])
    def test_hides_a_personal_part_of_any_form(self, personal: object) -> None:
        assert masked({"personal": personal}) == {"personal": "***"}
