"""Versions that were public, plans to publish, dates of validity, links for readers without an account"""

import calendar
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from knowledge.storage.models.base import UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

VALID_FOR = {"common_practice": 3, "training": 2}  # years, as the types had it when this was written


def upgrade() -> None:
    _tables()
    # column by column: SQLite cannot make a table anew that others refer to
    op.add_column("record", sa.Column("expires", UtcTime(), nullable=True))
    op.add_column("record", sa.Column("expiry_told", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("record", sa.Column("confirmed", UtcTime(), nullable=True))
    op.create_index(op.f("ix_record_expires"), "record", ["expires"])
    op.add_column("step", sa.Column("public_words", sa.Text(), nullable=False, server_default=sa.text("''")))
    with op.batch_alter_table("comment") as table:
        table.add_column(sa.Column("link_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("guest", sa.String(120), nullable=False, server_default=sa.text("''")))
        table.create_foreign_key(op.f("fk_comment_link_id_share_link"), "share_link", ["link_id"], ["id"])
        table.create_index(op.f("ix_comment_link_id"), ["link_id"])
    _fill()


def _tables() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("credits", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("ended", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_publication_record_id_record"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_publication_revision_id_revision")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_publication_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_index(op.f("ix_publication_record_id"), "publication", ["record_id"])
    op.create_table(
        "plan",
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("due", UtcTime(), nullable=False),
        sa.Column("made", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_plan_record_id_record"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_plan_person_id_person")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_due"), "plan", ["due"])
    op.create_table(
        "share_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("expires", UtcTime(), nullable=False),
        sa.Column("last_used", UtcTime(), nullable=True),
        sa.Column("ended", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_share_link_record_id_record"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_share_link_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_share_link_token_hash")),
    )
    op.create_index(op.f("ix_share_link_record_id"), "share_link", ["record_id"])


def _fill() -> None:
    """What was public so far, under the names its record has now: those of the time were not kept."""
    op.execute(
        "INSERT INTO publication (record_id, revision_id, number, credits, by_id, at)"
        " SELECT s.record_id, s.revision_id, v.number, r.credits, s.person_id, s.at FROM step s"
        " JOIN record r ON r.id = s.record_id JOIN revision v ON v.id = s.revision_id"
        " WHERE s.transition = 'publish' ORDER BY s.id"
    )
    op.execute(  # what came in as published
        "INSERT INTO publication (record_id, revision_id, number, credits, at)"
        " SELECT r.id, v.id, v.number, r.credits, COALESCE(r.published, r.changed) FROM record r"
        " JOIN revision v ON v.id = r.live_id"
        " WHERE NOT EXISTS (SELECT 1 FROM publication p WHERE p.revision_id = v.id)"
    )
    op.execute(
        "UPDATE publication SET ended = (SELECT MIN(s.at) FROM step s"
        " WHERE s.record_id = publication.record_id AND s.transition = 'withdraw' AND s.at >= publication.at)"
    )
    # whoever withdrew a record was told that everybody reads the reason
    op.execute("UPDATE step SET public_words = words WHERE target = 'withdrawn'")
    _expiry()


def _expiry() -> None:
    record = sa.table(
        "record", sa.column("id"), sa.column("kind"), sa.column("live_id"),
        sa.column("published", UtcTime()), sa.column("expires", UtcTime()),
    )  # fmt: skip
    connection = op.get_bind()
    query = sa.select(record.c.id, record.c.kind, record.c.published).where(
        record.c.kind.in_(list(VALID_FOR)), record.c.live_id.is_not(None), record.c.published.is_not(None)
    )
    for record_id, kind, published in connection.execute(query).all():
        year, month = published.year + VALID_FOR[kind], published.month
        last = datetime(year, month, calendar.monthrange(year, month)[1], 23, 59, 59, tzinfo=UTC)
        connection.execute(record.update().where(record.c.id == record_id).values(expires=last))


def downgrade() -> None:
    with op.batch_alter_table("comment") as table:
        table.drop_constraint(op.f("fk_comment_link_id_share_link"), type_="foreignkey")
        table.drop_index(op.f("ix_comment_link_id"))
        table.drop_column("guest")
        table.drop_column("link_id")
    op.drop_column("step", "public_words")
    op.drop_index(op.f("ix_record_expires"), "record")
    for column in ("confirmed", "expiry_told", "expires"):
        op.drop_column("record", column)
    for name in ("share_link", "plan", "publication"):
        op.drop_table(name)
