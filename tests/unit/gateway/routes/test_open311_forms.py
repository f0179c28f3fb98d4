"""Open311's XML, and the spans of time its lists look at."""

import xml.etree.ElementTree as Xml
from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.routes.open311_forms import in_xml
from services.gateway.routes.open311_requests import SPAN, span_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class TestXml:
    def test_is_that_of_the_standards_examples(self) -> None:
        service = {"service_code": "001", "service_name": "Cans left out 24x7", "metadata": True}
        assert in_xml("services", [service]).decode() == (
            "<?xml version='1.0' encoding='utf-8'?>\n"
            "<services><service><service_code>001</service_code>"
            "<service_name>Cans left out 24x7</service_name>"
            "<metadata>true</metadata></service></services>"
        )
        error = {"code": 403, "description": "Invalid api_key received -- can't proceed."}
        assert b"<errors><error><code>403</code>" in in_xml("errors", [error])

    def test_has_an_empty_element_for_what_is_not_known(self) -> None:
        written = in_xml("service_requests", [{"lat": 31.05, "zipcode": None, "attributes": []}])
        request = Xml.fromstring(written).find("request")  # noqa: S314 – our own
        assert request is not None
        assert [(part.tag, part.text) for part in request] == [
            ("lat", "31.05"),
            ("zipcode", None),
            ("attributes", None),
        ]

    @pytest.mark.parametrize("text", ['<a> & "b" ]]>', "\x00\x0b\x1f\ufffe", "网格\n\t😀"])
    def test_can_be_read_whatever_people_wrote(self, text: str) -> None:
        written = in_xml("service_requests", [{"description": text}])
        found = Xml.fromstring(written).findtext("request/description")  # noqa: S314 – our own
        assert found is not None
        assert len(found) == len(text)
        assert found == text or "\ufffd" in found


class TestSpan:
    @pytest.mark.parametrize(
        ("first", "last", "looked_at"),
        [
            (None, None, (NOW - SPAN, None)),
            (NOW - DAY, None, (NOW - DAY, NOW - DAY + SPAN)),
            (None, NOW - DAY, (NOW - DAY - SPAN, NOW - DAY)),
            (NOW - DAY, NOW, (NOW - DAY, NOW)),
            (NOW - 400 * DAY, NOW, (NOW - SPAN, NOW)),
        ],
    )
    def test_is_of_90_days_at_most(
        self, first: datetime | None, last: datetime | None, looked_at: tuple[object, object]
    ) -> None:
        assert span_of(first, last, NOW) == looked_at
