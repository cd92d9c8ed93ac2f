"""Landing sites of Malapert: terrain, horizons, light, site search, routes."""
