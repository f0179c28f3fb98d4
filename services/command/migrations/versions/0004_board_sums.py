"""Boards are summed by day, month and year, of states and of categories; events note what they move."""

from collections import Counter, defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KINDS = ("category", "state")


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
    board_sum = op.create_table(
        "board_sum",
        sa.Column("place_code", sa.String(length=64), nullable=False),
        sa.Column("span", sa.String(length=5), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("place_code", "span", "first_day"),
    )
    op.bulk_insert(board_sum, added_up())
    op.drop_table("board_count")


def added_up():
    sums = defaultdict(lambda: {"category": Counter(), "state": Counter()})
    board_count = sa.table("board_count", *map(sa.column, ("place_code", "day", *KINDS, "matters")))
    board_count.c.day.type = sa.Date()
    for row in op.get_bind().execute(sa.select(board_count).where(board_count.c.matters != 0)):
        spans = {"day": row.day, "month": row.day.replace(day=1)}
        spans["year"] = spans["month"].replace(month=1)
        for span, first_day in spans.items():
            for kind in KINDS:
                sums[row.place_code, span, first_day][kind][getattr(row, kind)] += row.matters
    return [
        {"place_code": code, "span": span, "first_day": first_day, "counts": in_order(counts)}
        for (code, span, first_day), counts in sums.items()
    ]


def in_order(counts):
    return {kind: dict(sorted(counts[kind].items())) for kind in KINDS}


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
