"""Construction: the tour of places, its rounding to drives, greedy insertion of chains, and the choice of contacts."""
