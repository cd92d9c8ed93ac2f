"""Free text, such as an object's name, as the messages can hold it."""

from malapert_astro.ndm.document import LONGEST_LINE
from malapert_astro.unclean_characters import UNCLEAN


def text_line(keyword: str, value: str) -> str:
    """Return a keyword and a value as one line of at most 254 characters (502.0-B-3 7.3.2, 503.0-B-2 4.2.1).

    The standards know ASCII alone; letters beyond it are kept in UTF-8, so that two names stay two.
    """
    return f"{keyword} = {one_line(value)}"[:LONGEST_LINE].rstrip()


def comment_line(text: str) -> str:
    """Return a comment as one line of at most 254 characters."""
    return f"COMMENT {one_line(text)}"[:LONGEST_LINE].rstrip()


def one_line(text: str) -> str:
    """Return a text in one line, blanks for the characters that no reader takes."""
    return " ".join(UNCLEAN.sub(" ", text).split())
