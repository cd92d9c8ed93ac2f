"""A service of the tests: notes that are written by operations and announced as events."""
