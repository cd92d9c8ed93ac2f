"""Free text on its way into files: what may not enter is shown as a replacement character, never passed on.

Text with control characters is refused where it comes in; what was stored before that is written too.
"""

import re

from malapert_core.documents.text import NOT_FOR_TEXT

_BOM = "\ufeff"
REPLACEMENT = "\ufffd"
_UNPRINTABLE = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f{NOT_FOR_TEXT}]")
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")


def printable(text: str) -> str:
    """Return text without what may not enter, its line ends all line feeds."""
    return _LINE_END.sub("\n", _UNPRINTABLE.sub(REPLACEMENT, text))


def one_line(text: str) -> str:
    """Return printable text in one line, runs of blanks and line ends made one blank, without byte-order marks."""
    return " ".join(printable(text).replace(_BOM, "").split())


def one_word(text: str) -> str:
    """Return printable text without blanks, underscores in their place; ``-`` for none at all."""
    return one_line(text).replace(" ", "_") or "-"
