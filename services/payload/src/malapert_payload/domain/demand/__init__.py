"""Triage of demand: budgets, leaves to use, and what is held back."""
