"""Planner of Malapert: missions, plans, solving, validation, explanation."""

__version__ = "0.2.0"
