"""Backups of one service: its database, whichever kind, and its files, in one archive that says what is in it."""
