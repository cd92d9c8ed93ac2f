"""Planner of Malapert: missions, plans, solving, validation, explanation."""
