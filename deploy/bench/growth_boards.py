"""How the growth benchmark adds up the boards from the matters, in the database."""

ADD_UP_BOARDS = """
    CREATE UNLOGGED TABLE lies_under AS
    SELECT code, (reported_at AT TIME ZONE 'Asia/Shanghai')::date AS day, category, state
    FROM matter, LATERAL (VALUES ('*'), (place #>> '{district,code}'), (place #>> '{street,code}'),
        (place #>> '{community,code}'), (place #>> '{cell,code}')) AS places (code);
    INSERT INTO board_sum
    SELECT code, span, first_day, json_object_agg(kind, named ORDER BY kind) FROM (
        SELECT code, span, first_day, kind, json_object_agg(name, matters ORDER BY name) AS named
        FROM (
            SELECT code, span, date_trunc(span, day)::date AS first_day, kind, name,
                count(*) AS matters
            FROM lies_under, (VALUES ('day'), ('month'), ('year')) AS spans (span),
                LATERAL (VALUES ('category', category), ('state', state)) AS counted (kind, name)
            GROUP BY 1, 2, 3, 4, 5
        ) AS numbers GROUP BY 1, 2, 3, 4
    ) AS kinds GROUP BY 1, 2, 3;
    DROP TABLE lies_under
"""
