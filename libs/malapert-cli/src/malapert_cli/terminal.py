"""The terminal: text as it stands, never as markup or emoji codes, and without the control characters that it obeys."""

import sys
from typing import Any, TextIO

from malapert_core.documents.plain_text import printable
from rich.console import Console
from rich.text import Text

PIPED_WIDTH = 150


class PlainConsole(Console):
    """A console that shows every text as it is: titles and identifiers come from others.

    Styles are given as arguments, or in a `Text` made of cleaned parts.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **options})

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to be shown, without control characters."""
        return super().render_str(printable(text), **options)


def _any_letters(stream: TextIO) -> None:
    """Have a stream write the numbers of letters that its encoding lacks, not fail."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _output_console() -> PlainConsole:
    _any_letters(sys.stdout)
    console = PlainConsole()
    return console if console.is_terminal else PlainConsole(width=PIPED_WIDTH)


def _refusal_console() -> PlainConsole:
    _any_letters(sys.stderr)
    return PlainConsole(stderr=True, soft_wrap=True)


console = _output_console()
"""Console for the output of commands; piped into a file or a log, its tables keep the width they need."""
refusals = _refusal_console()
"""Console for refusals of commands and messages of the supervisor."""
