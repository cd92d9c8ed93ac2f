"""Runs the payload service's migrations on the connection that the core hands over."""

from malapert_core.db.migrations_env import run
from malapert_payload.storage.tables import PayloadTable

run(PayloadTable.metadata)
