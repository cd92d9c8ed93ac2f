"""Adapters to the services that the planner asks."""
