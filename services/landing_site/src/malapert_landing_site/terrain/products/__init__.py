"""Layers of maps: of the ground, of light and of shadow, as values and as pictures."""
