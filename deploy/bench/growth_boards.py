"""How the growth benchmark adds up the boards from the matters, in the database."""

_STATES = [
    "reported",
    "accepted",
    "filed",
    "dispatched",
    "handling",
    "feedback",
    "checked",
    "closed",
]
_PASSED = [
    ("cancelled", "reported"),
    *((state, earlier) for at, state in enumerate(_STATES) for earlier in _STATES[:at]),
]
_PASSED_VALUES = ", ".join(map(str, _PASSED))

# A state that matters have passed through leaves a sum that may have come to nothing.
ADD_UP_BOARDS = f"""
    CREATE UNLOGGED TABLE lies_under AS
    SELECT code, (reported_at AT TIME ZONE 'Asia/Shanghai')::date AS day, category, state
    FROM matter, LATERAL (VALUES ('*'), (place #>> '{{district,code}}'), (place #>> '{{street,code}}'),
        (place #>> '{{community,code}}'), (place #>> '{{cell,code}}')) AS places (code);
    INSERT INTO board_sum SELECT code, 'day', day, 'state', state, count(*) FROM lies_under
    GROUP BY 1, 3, 5;
    INSERT INTO board_sum SELECT code, 'day', day, 'category', category, count(*) FROM lies_under
    GROUP BY 1, 3, 5;
    INSERT INTO board_sum SELECT DISTINCT place_code, 'day', first_day, 'state', passed, 0
    FROM board_sum JOIN (VALUES {_PASSED_VALUES}) AS passing (state, passed)
    ON kind = 'state' AND name = passing.state ON CONFLICT DO NOTHING;
    INSERT INTO board_sum
    SELECT place_code, 'month', date_trunc('month', first_day)::date, kind, name, sum(matters)
    FROM board_sum GROUP BY 1, 3, 4, 5;
    INSERT INTO board_sum
    SELECT place_code, 'year', date_trunc('year', first_day)::date, kind, name, sum(matters)
    FROM board_sum WHERE span = 'month' GROUP BY 1, 3, 4, 5;
    DROP TABLE lies_under
"""  # noqa: S608 – of words in this file alone
