"""Time, frames, ephemeris, coordinates and window search for lunar mission planning."""
