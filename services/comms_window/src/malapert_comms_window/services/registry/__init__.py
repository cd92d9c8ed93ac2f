"""Stations and orbiters, and the files in which they are exchanged."""
