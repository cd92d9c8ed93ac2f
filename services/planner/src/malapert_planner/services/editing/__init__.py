"""Edits of plans by people: checked and mended."""
