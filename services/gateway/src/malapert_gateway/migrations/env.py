"""Runs the gateway's migrations on the connection that the core hands over."""

from malapert_core.db.migrations_env import run
from malapert_gateway.storage.tables import GatewayTable

run(GatewayTable.metadata)
