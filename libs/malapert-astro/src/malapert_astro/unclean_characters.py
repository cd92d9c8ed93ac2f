"""Characters of no text of a message or of elements: controls, turns of direction, what XML does not hold."""

import re

# Turns of the direction of writing make one text look like another (Unicode technical report 36, 2.10).
_NEVER = "\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
UNCLEAN = re.compile(f"[\x00-\x1f{_NEVER}]")
UNCLEAN_IN_LINES = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f{_NEVER}]")
"""The same for a text of several lines: tabs and line ends are at home in it."""
