"""Bounds by linear programs over coarse time: what no plan can be worth more than."""
