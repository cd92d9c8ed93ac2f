"""Reasons: why a repetition is not planned, what would admit it, and which mandatory requests contradict."""
