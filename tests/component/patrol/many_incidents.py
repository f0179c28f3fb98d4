"""A year of incidents in a district, made by the database itself, so that plans are those of a large table."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from shared.kernel.clock import CHINA
from shared.runtime.partitions import make_ahead
from shared.runtime.sealed_columns import sealer_for

FIRST = datetime(2026, 1, 1, tzinfo=CHINA)
DAYS = 360
DISTRICT, STREET, COMMUNITY, CELL = "420802", "420802003", "420802003021", "420802003021017"

# Most are closed; places and categories differ in how much happens there, as in life.
_FILL = text(
    """
    INSERT INTO incident (
        id, matter_no, state, is_open, level, category, severity, source, title, description,
        lon, lat, given_lon, given_lat, given_crs, accuracy_m, place_status, distance_m,
        district_code, street_code, community_code, cell_code,
        district_name, street_name, community_name, cell_name, boundary_version,
        observed_at, reported_at, reported_by, is_anonymous, files, unit, handler,
        rework_count, return_count, duplicate_of, updated_at
    )
    SELECT
        substr(made, 1, 8) || '-' || substr(made, 9, 4) || '-7' || substr(hash, 1, 3)
            || '-8' || substr(hash, 4, 3) || '-' || substr(hash, 7, 12),
        'P' || lpad(n::text, 15, '0'),
        state,
        state <> 'closed',
        'community',
        lpad((1 + floor(15 * a * a))::text, 2, '0'),
        'L' || (1 + floor(4 * b))::text,
        (ARRAY['citizen', 'grid_member', 'hotline', 'camera'])[1 + floor(4 * a)::int],
        :title, :description, 112 + 0.4 * e, 30.9 + 0.4 * f, 112 + 0.4 * e, 30.9 + 0.4 * f, 'wgs84', NULL, 'inside', 0,
        '420802',
        '420802' || lpad(street::text, 3, '0'),
        '420802' || lpad(street::text, 3, '0') || lpad(community::text, 3, '0'),
        '420802' || lpad(street::text, 3, '0') || lpad(community::text, 3, '0')
            || lpad(cell::text, 3, '0'),
        'district', 'street', 'community', 'cell', 1,
        at, at, 'reporter-' || floor(2000 * b), false, '[]', NULL, NULL, 0, 0, NULL, at
    FROM (
        SELECT *,
            :first + n * (:span / :count) AS at,
            lpad(to_hex((extract(epoch FROM :first + n * (:span / :count)) * 1000)::bigint), 12, '0')
                AS made,
            md5(n::text) AS hash,
            CASE WHEN c < 0.9 THEN 'closed' WHEN c < 0.999 THEN 'handling' ELSE 'returned' END AS state,
            1 + floor(12 * d * d) AS street, 1 + floor(25 * e) AS community, 1 + floor(20 * f) AS cell
        FROM (
            SELECT n, random() a, random() b, random() c, random() d, random() e, random() f
            FROM generate_series(0, :count - 1) n
        ) chance
    ) made_up
    """
)


def fill(connection: Connection, count: int) -> None:
    """Put *count* incidents into the table, spread evenly over the days."""
    make_ahead(connection, "incident", date(2026, 2, 1), months=10)
    connection.execute(text("SELECT setseed(0.5)"))
    sealer = sealer_for(connection.dialect)
    sealed = {
        "title": sealer.seal(b"title", "incident.title"),
        "description": sealer.seal(b"text " * 20, "incident.description"),
    }
    spread = {"first": FIRST, "span": timedelta(days=DAYS), "count": count}
    connection.execute(_FILL, spread | sealed)
    connection.execute(text("ANALYZE incident"))
