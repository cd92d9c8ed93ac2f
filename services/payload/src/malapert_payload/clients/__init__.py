"""Clients of the services that this one asks."""
