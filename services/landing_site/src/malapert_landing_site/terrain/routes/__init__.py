"""Paths over the ground, and through light and time."""
