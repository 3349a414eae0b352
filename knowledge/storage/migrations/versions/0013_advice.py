"""Advice that a writer has found to be fine"""

import sqlalchemy as sa
from alembic import op

from knowledge.storage.models.base import UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fine",
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("key", sa.String(24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_fine_record_id_record"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_fine_person_id_person")),
        sa.PrimaryKeyConstraint("record_id", "key", name=op.f("pk_fine")),
    )
    op.create_index(op.f("ix_fine_person_id"), "fine", ["person_id"])


def downgrade() -> None:
    op.drop_table("fine")
