"""Entry point of alembic."""

from malapert_core.db.migrations_env import run
from malapert_planner.storage.tables import PlannerTable

run(PlannerTable.metadata)
