"""Replanning: what has happened to a plan, and the plan that follows."""
