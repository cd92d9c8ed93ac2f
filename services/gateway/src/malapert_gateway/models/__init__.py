"""Strict models of the HTTP API, one module per subject."""
