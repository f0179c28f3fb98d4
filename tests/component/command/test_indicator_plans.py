"""Indicators of a month are counted from an index, however many matters the years have brought."""

from datetime import datetime

from sqlalchemy import text

from services.command.domain.indicators import INDICATORS
from services.command.domain.measure import Part
from services.command.domain.reported_period import Span
from services.command.queries.course_rows import rows_wanted
from services.command.queries.figures import figures_of
from shared.kernel.clock import CHINA
from shared.runtime.database import ServiceDatabase
from shared.runtime.work import Work
from tests.component.command.test_indicators import scope
from tests.component.district import DISTRICT
from tests.plans import explained, nodes_of, read_whole
from tests.profiles import only_production

pytestmark = only_production("SQLite explains itself otherwise, and its files are small")

MATTERS = 60_000
NOVEMBER = Span(datetime(2026, 11, 1, tzinfo=CHINA), datetime(2026, 11, 28, tzinfo=CHINA))
# Two years of them, due three days after they were reported.
_FILL = text(
    """
    INSERT INTO matter_course (
        matter_no, subject_id, district_code, street_code, community_code, cell_code, spot,
        category, severity, source, level, state, lon, lat, reported_at, reported_day,
        dispatch_due_at, dispatched_at, has_task, handle_due_at, handled_at, due_at,
        filed_at, fed_back_at, ended_at, ended_day, dispatches, arbitrations, returns, reworks, reopens
    )
    SELECT
        'P' || lpad(n::text, 15, '0'), n::text, :district, substr(cell, 1, 9), substr(cell, 1, 12), cell,
        16 * number + category, lpad(category::text, 2, '0'), 'L3', 'citizen', 'community',
        CASE WHEN n % 20 = 0 THEN 'cancelled' WHEN n % 9 = 0 THEN 'handling' ELSE 'closed' END,
        112 + random() / 100, 31 + random() / 100, at, day,
        at + interval '4 hours', at + random() * interval '5 hours', true,
        at + interval '3 days', at + random() * interval '4 days', at + interval '3 days',
        at, at, at + interval '4 days', CASE WHEN n % 9 > 0 THEN day + 4 END, 1, 0, 0, 0, 0
    FROM (
        SELECT n, at, category, number,
            (:district)::text || lpad((number % 12 + 1)::text, 3, '0') || lpad((number % 25 + 1)::text, 3, '0')
                || lpad((number / 300)::text, 3, '0') AS cell,
            (at AT TIME ZONE 'Asia/Shanghai')::date - date '0001-01-01' + 1 AS day
        FROM (
            SELECT n, (:first)::timestamptz + n * (interval '700 days' / :count) AS at,
                1 + floor(15 * random())::int AS category, floor(12000 * random())::int AS number
            FROM generate_series(0, :count - 1) n
        ) times
    ) made_up
    """
)


def fill(database: ServiceDatabase, matters: int) -> None:
    with database.writing() as connection:
        connection.execute(
            _FILL,
            {
                "count": matters,
                "first": datetime(2025, 1, 1, tzinfo=CHINA),
                "district": DISTRICT,
            },
        )
        connection.execute(text("ANALYZE matter_course"))


def test_a_month_is_counted_and_listed_from_an_index(work: Work) -> None:
    fill(work.database, MATTERS)
    here = scope(work, DISTRICT)

    with explained(work.database, work.connection) as counts:
        figures_of(work.connection, INDICATORS, here, NOVEMBER, by_child=True)
    with explained(work.database, work.connection) as pages:
        for measure in INDICATORS:
            wanted = rows_wanted(measure, Part.NUMERATOR, here, NOVEMBER).limit(51)
            work.connection.execute(wanted).all()

    assert len(counts) == 4  # by three dates, and recurrences apart
    assert not read_whole(counts) & {"matter_course"}
    assert not read_whole(pages) & {"matter_course"}
    used = {
        node["Index Name"] for plan in counts for node in nodes_of(plan) if "Index Name" in node
    }
    assert used == {
        "ix_matter_course_reported_at",
        "ix_matter_course_dispatch_due_at",
        "ix_matter_course_due_at",
        "ix_matter_course_spot",
    }
