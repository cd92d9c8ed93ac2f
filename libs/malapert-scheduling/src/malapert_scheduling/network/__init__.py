"""Solvers of antenna time: a search that tears out and puts back tracks, and a linear bound."""
