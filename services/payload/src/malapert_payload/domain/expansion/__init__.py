"""Requests as single activities with numbers."""
