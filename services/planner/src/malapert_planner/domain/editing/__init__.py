"""Edits of a schedule by people."""
