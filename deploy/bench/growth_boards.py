"""How the growth benchmark adds up the boards from the matters, in the database."""

# A state a matter has passed through leaves a sum that may have come to nothing.
ADD_UP_BOARDS = """
    CREATE UNLOGGED TABLE lies_under AS
    SELECT code, (reported_at AT TIME ZONE 'Asia/Shanghai')::date AS day, category, state, matter_no
    FROM matter, LATERAL (VALUES ('*'), (place #>> '{district,code}'), (place #>> '{street,code}'),
        (place #>> '{community,code}'), (place #>> '{cell,code}')) AS places (code);
    INSERT INTO board_sum SELECT code, 'day', day, 'state', state, count(*) FROM lies_under
    GROUP BY 1, 3, 5;
    INSERT INTO board_sum SELECT code, 'day', day, 'category', category, count(*) FROM lies_under
    GROUP BY 1, 3, 5;
    INSERT INTO board_sum SELECT DISTINCT code, 'day', day, 'state', said ->> 'state', 0
    FROM lies_under JOIN dossier_entry USING (matter_no) ON CONFLICT DO NOTHING;
    INSERT INTO board_sum
    SELECT place_code, 'month', date_trunc('month', first_day)::date, kind, name, sum(matters)
    FROM board_sum GROUP BY 1, 3, 4, 5;
    DROP TABLE lies_under
"""
