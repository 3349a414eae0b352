"""Runs migrations on the connection that `knowledge.storage.schema` hands over."""

from alembic import context

from knowledge.storage.models import discussion, mail, people, programmes, records, reviewing, site  # noqa: F401 (fills the metadata)
from knowledge.storage.models.base import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
