"""What people searched for, and on how many days"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_asked",
        sa.Column("words", sa.String(80), nullable=False),
        sa.Column("text", sa.String(80), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("words", name=op.f("pk_search_asked")),
    )
    op.create_index(op.f("ix_search_asked_days"), "search_asked", ["days"])


def downgrade() -> None:
    op.drop_table("search_asked")
