"""Looks, scores, second opinions, phrases; which workflow a programme follows; evidence that a coach lowered"""

import sqlalchemy as sa
from alembic import op

from knowledge.storage.models.base import UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme", sa.Column("workflow", sa.String(20), nullable=False, server_default="editorial"))
    op.add_column("revision", sa.Column("lowered", sa.JSON(), nullable=True))
    op.create_table(
        "look",
        _id("record_id", sa.String(64)),
        _id("person_id", sa.Integer()),
        _id("revision_id", sa.Integer()),
        sa.Column("at", UtcTime(), nullable=False),
        *(_to("look", name, table) for name, table in _RECORD_PERSON_REVISION),
        sa.PrimaryKeyConstraint("record_id", "person_id", "revision_id", name=op.f("pk_look")),
    )
    op.create_table(
        "score",
        _id("revision_id", sa.Integer()),
        _id("person_id", sa.Integer()),
        _id("record_id", sa.String(64)),
        sa.Column("by_coach", sa.Boolean(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("claimed", sa.String(64), nullable=False),
        sa.Column("level", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        *(_to("score", name, table) for name, table in _RECORD_PERSON_REVISION),
        sa.PrimaryKeyConstraint("revision_id", "person_id", name=op.f("pk_score")),
    )
    op.create_index("ix_score_record_id_at", "score", ["record_id", "at"])
    op.create_table(
        "opinion",
        _id("id", sa.Integer()),
        _id("record_id", sa.String(64)),
        _id("asked_by", sa.Integer()),
        _id("person_id", sa.Integer()),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked", UtcTime(), nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered", UtcTime(), nullable=True),
        sa.Column("ended", UtcTime(), nullable=True),
        *(_to("opinion", name, table) for name, table in _RECORD_AND_PEOPLE),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
    )
    op.create_index(op.f("ix_opinion_record_id"), "opinion", ["record_id"])
    op.create_index(op.f("ix_opinion_person_id"), "opinion", ["person_id"])
    op.create_table(
        "phrase",
        _id("id", sa.Integer()),
        _id("programme_id", sa.String(64)),
        sa.Column("text", sa.String(500), nullable=False),
        _to("phrase", "programme_id", "programme"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phrase")),
    )
    op.create_index(op.f("ix_phrase_programme_id"), "phrase", ["programme_id"])


def downgrade() -> None:
    for table in ("phrase", "opinion", "score", "look"):
        op.drop_table(table)
    op.drop_column("revision", "lowered")
    op.drop_column("programme", "workflow")


_RECORD_PERSON_REVISION = (("record_id", "record"), ("person_id", "person"), ("revision_id", "revision"))
_RECORD_AND_PEOPLE = (("record_id", "record"), ("asked_by", "person"), ("person_id", "person"))


def _id(name: str, kind: sa.types.TypeEngine) -> sa.Column:  # type: ignore[type-arg]
    return sa.Column(name, kind, nullable=False)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")
