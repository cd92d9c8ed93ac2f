"""Landing sites of Malapert: terrain, horizons, light, site search, routes."""

__version__ = "0.2.0"
