"""Missions and plans: taking them in, reading, comparing, reviewing, releasing."""
