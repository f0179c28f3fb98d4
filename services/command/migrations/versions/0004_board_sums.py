"""Boards are summed by day, month and year, of states and of categories; events note what they move."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = ("place_code", "span", "first_day", "kind", "name")


def upgrade():
    op.create_table(
        "board_change",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("left_state", sa.String(length=16), nullable=True),
        sa.Column("entered_state", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "board_sum",
        sa.Column("place_code", sa.String(length=64), nullable=False),
        sa.Column("span", sa.String(length=5), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("matters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*KEY),
    )
    for kind in ("state", "category"):
        for span, first_day in (
            ("day", "day"),
            ("month", first_of("month")),
            ("year", first_of("year")),
        ):
            op.execute(
                f"INSERT INTO board_sum SELECT place_code, '{span}', {first_day}, '{kind}', {kind},"  # noqa: S608
                " sum(matters) FROM board_count GROUP BY 1, 3, 5 HAVING sum(matters) <> 0"
            )
    op.drop_table("board_count")


def first_of(span):
    if op.get_bind().dialect.name == "sqlite":
        return f"date(day, 'start of {span}')"
    return f"date_trunc('{span}', day)::date"


def downgrade():
    """What a board counts by category and state at once is made anew by rebuilding."""
    op.create_table(
        "board_count",
        sa.Column("place_code", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("matters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_code", "day", "category", "state"),
    )
    op.drop_table("board_sum")
    op.drop_table("board_change")
