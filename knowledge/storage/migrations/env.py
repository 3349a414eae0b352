"""Runs migrations on the connection that `knowledge.storage.schema` hands over."""

import pkgutil
from importlib import import_module

from alembic import context

from knowledge.storage import models
from knowledge.storage.models.base import Row

for module in pkgutil.iter_modules(models.__path__, f"{models.__name__}."):  # together they fill the metadata
    import_module(module.name)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
