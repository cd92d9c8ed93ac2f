"""Free text, such as an object's name, as the messages can hold it."""

import re

from malapert_astro.ndm.document import LONGEST_LINE

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]+")


def text_line(keyword: str, value: str) -> str:
    """Return a keyword and a value as one line of at most 254 characters (502.0-B-3 7.3.2, 503.0-B-2 4.2.1).

    The standards know ASCII alone; letters beyond it are kept in UTF-8, so that two names stay two.
    """
    return f"{keyword} = {one_line(value)}"[:LONGEST_LINE].rstrip()


def comment_line(text: str) -> str:
    """Return a comment as one line of at most 254 characters."""
    return f"COMMENT {one_line(text)}"[:LONGEST_LINE].rstrip()


def one_line(text: str) -> str:
    """Return a text in one line, without characters that XML does not hold."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())
