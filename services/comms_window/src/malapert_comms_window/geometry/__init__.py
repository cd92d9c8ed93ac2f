"""Window search: ephemeris, places, skylines and stations in, windows out."""
