"""Horizons: skylines of points by ray casting, of whole maps by a sweep."""
