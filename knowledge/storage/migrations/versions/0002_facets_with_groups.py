"""Regions are groups of countries and topic groups groups of topics: values of one facet each."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MERGED = {"region": "country", "topic_group": "topic"}
rows = sa.table("facet_value", *map(sa.column, ("record_id", "layer", "facet", "value")))


def upgrade() -> None:
    there = rows.alias("there")
    for old, new in MERGED.items():
        known = sa.exists().where(
            there.c.record_id == rows.c.record_id,
            there.c.layer == rows.c.layer,
            there.c.facet == new,
            there.c.value == rows.c.value,
        )
        named = sa.select(rows.c.record_id, rows.c.layer, sa.literal(new), rows.c.value)
        moved = named.where(rows.c.facet == old, ~known)
        op.execute(sa.insert(rows).from_select(["record_id", "layer", "facet", "value"], moved))
        op.execute(sa.delete(rows).where(rows.c.facet == old))


def downgrade() -> None:
    """Nothing: the rows of both facets are written anew with each record, and one too many does no harm."""
