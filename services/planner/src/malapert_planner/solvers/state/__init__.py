"""A schedule under construction: levels of an asset on the fine grid that follow each change."""
