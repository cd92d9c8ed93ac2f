"""Robustness of plans: assessments asked for, made by workers and kept."""
