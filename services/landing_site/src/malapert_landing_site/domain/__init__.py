"""Terrain, light, sites and routes as plain values: standard library and numpy only."""
