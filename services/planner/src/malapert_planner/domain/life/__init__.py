"""Missions, plans and their lives: review, release, and what changes from one plan to the next."""
