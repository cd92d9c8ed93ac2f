"""Robustness of a schedule: replays of it under seeded draws of what may go otherwise than planned."""
