"""Runs the migrations of the comms-window service."""

from malapert_comms_window.storage.tables import CommsWindowTable
from malapert_core.db.migrations_env import run

run(CommsWindowTable.metadata)
