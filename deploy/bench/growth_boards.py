"""How the growth benchmark counts the boards from the matters, in the database."""

COUNT_BOARDS = """
    CREATE UNLOGGED TABLE lies_under AS
    SELECT code, (reported_at AT TIME ZONE 'Asia/Shanghai')::date AS day, category, state, matter_no
    FROM matter, LATERAL (VALUES ('*'), (place #>> '{district,code}'), (place #>> '{street,code}'),
        (place #>> '{community,code}'), (place #>> '{cell,code}')) AS places (code);
    INSERT INTO board_count SELECT code, day, category, state, count(*) FROM lies_under
    GROUP BY 1, 2, 3, 4;
    INSERT INTO board_count SELECT DISTINCT code, day, category, said ->> 'state', 0
    FROM lies_under JOIN dossier_entry USING (matter_no) ON CONFLICT DO NOTHING;
    DROP TABLE lies_under
"""
