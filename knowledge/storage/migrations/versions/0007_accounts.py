"""Confirmed addresses, known browsers, second factors, invitations, and mails to who has no account"""

import sqlalchemy as sa
from alembic import op

from knowledge.storage.models.base import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("confirmed", UtcTime(), nullable=True))
    op.add_column("person", sa.Column("new_email", sa.String(254), nullable=False, server_default=sa.text("''")))
    op.add_column("sign_in", sa.Column("seen", UtcTime(), nullable=True))
    op.add_column("sign_in", sa.Column("browser", sa.String(60), nullable=False, server_default=sa.text("''")))
    with op.batch_alter_table("mail") as mail:
        mail.alter_column("person_id", existing_type=sa.Integer(), nullable=True)
        mail.add_column(sa.Column("email", sa.String(254), nullable=False, server_default=sa.text("''")))
        mail.create_index(op.f("ix_mail_email"), ["email"])
    op.create_table(
        "known_browser",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(60), nullable=False),
        sa.Column("first", UtcTime(), nullable=False),
        sa.Column("last", UtcTime(), nullable=False),
        _person("known_browser"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_browser")),
        sa.UniqueConstraint("person_id", "mark", name=op.f("uq_known_browser_person_id_mark")),
    )
    op.create_table(
        "second_factor",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("since", UtcTime(), nullable=True),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("recovery", sa.JSON(), nullable=False),
        _person("second_factor"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("programme_id", sa.String(64), nullable=True),
        sa.Column("authorship_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("sent", UtcTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("expires", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_invitation_programme_id_programme")),
        sa.ForeignKeyConstraint(
            ["authorship_id"],
            ["authorship.id"],
            name=op.f("fk_invitation_authorship_id_authorship"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_invitation_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
    )
    for column in ("email", "programme_id", "authorship_id", "by_id"):
        op.create_index(op.f(f"ix_invitation_{column}"), "invitation", [column])


def downgrade() -> None:
    op.drop_table("invitation")
    op.drop_table("second_factor")
    op.drop_table("known_browser")
    op.execute("DELETE FROM mail WHERE person_id IS NULL OR email <> ''")
    with op.batch_alter_table("mail") as mail:
        mail.drop_index(op.f("ix_mail_email"))
        mail.drop_column("email")
        mail.alter_column("person_id", existing_type=sa.Integer(), nullable=False)
    for table, column in (
        ("sign_in", "browser"),
        ("sign_in", "seen"),
        ("person", "new_email"),
        ("person", "confirmed"),
    ):
        op.drop_column(table, column)


def _person(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_person_id_person")
    return sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=name, ondelete="CASCADE")
