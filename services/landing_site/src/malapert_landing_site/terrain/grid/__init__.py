"""Grids on the polar projection: refinement, nesting, keep-outs."""
