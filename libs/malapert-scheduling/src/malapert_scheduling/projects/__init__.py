"""Solvers of projects: an interval model that proves, and a genetic search that finds."""
