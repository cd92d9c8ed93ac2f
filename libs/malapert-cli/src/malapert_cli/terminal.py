"""The terminal: text as it stands, never as markup or emoji codes, and without the control characters that it obeys."""

from typing import Any

from malapert_core.plain_text import printable
from rich.console import Console
from rich.text import Text

PIPED_WIDTH = 150


class PlainConsole(Console):
    """A console that shows every text as it is: titles and identifiers come from others.

    Styles are given as arguments, or in a `Text` made of cleaned parts.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, **options})

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to be shown, without control characters."""
        return super().render_str(printable(text), **options)


def output_console() -> PlainConsole:
    """Return the console of what a command tells; piped into a file or a log, its tables keep the width they need."""
    console = PlainConsole()
    return console if console.is_terminal else PlainConsole(width=PIPED_WIDTH)
