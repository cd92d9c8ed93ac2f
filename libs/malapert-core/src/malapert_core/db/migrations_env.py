"""The body of every service's ``migrations/env.py``, which calls ``run(PlannerTable.metadata)``."""

from alembic import context
from sqlalchemy import MetaData

from malapert_core.db.tables import CoreTable


def run(*metadatas: MetaData) -> None:
    """Run the migrations on the connection that `malapert_core.db.migrations.run_migrations` hands over."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=[CoreTable.metadata, *metadatas],
        render_as_batch=True,
        compare_type=True,
    )
    context.run_migrations()
