"""Refusals: what a person reads, and the way across an RPC and back."""

import json

import pytest

from shared.kernel.errors import (
    REFUSALS,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    RuleBroken,
    Unavailable,
    from_wire,
)

WRONG_LON = FieldError(field="location.lon", code="out_of_range", zh="经度过大", en="too large")


class TestRefusal:
    @pytest.mark.parametrize("kind", [RuleBroken, Invalid, NotFound, Forbidden, Unavailable])
    def test_comes_through_the_wire_as_it_was(self, kind: type[Refusal]) -> None:
        said = kind(code="some_code", zh="原因", en="reason", errors=(WRONG_LON,))

        heard = from_wire(json.loads(json.dumps(said.to_wire())))

        assert type(heard) is kind
        assert heard.to_wire() == said.to_wire()
        assert heard.errors == (WRONG_LON,)

    def test_has_one_kind_on_the_wire_for_each_class(self) -> None:
        ours = {kind for kind in Refusal.__subclasses__() if kind.__module__ == Refusal.__module__}

        assert set(REFUSALS.values()) == ours

    def test_reads_as_its_code_and_its_english(self) -> None:
        refusal = NotFound(code="no_such_incident", zh="没有", en="There is none.")

        assert str(refusal) == "no_such_incident: There is none."

    def test_is_an_exception_like_any_other(self) -> None:
        refusal = RuleBroken(code="too_late", zh="迟了", en="Too late.")

        with pytest.raises(RuleBroken, match="too_late"):
            raise refusal
        assert refusal != RuleBroken(code="too_late", zh="迟了", en="Too late.")
        assert hash(refusal)
