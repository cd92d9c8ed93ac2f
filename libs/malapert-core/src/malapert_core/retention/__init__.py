"""Retention: what is deleted once it is old, from which table, and the job that does it."""
