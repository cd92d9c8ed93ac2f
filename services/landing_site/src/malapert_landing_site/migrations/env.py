"""Runs the landing-site service's migrations on the connection that the core hands over."""

from malapert_core.db.migrations_env import run
from malapert_landing_site.storage.tables import LandingSiteTable

run(LandingSiteTable.metadata)
