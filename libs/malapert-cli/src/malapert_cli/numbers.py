"""Numbers of options and arguments, by the rule of the platform's own readers."""

import re

import typer
from malapert_core.documents.numbers import read_number

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")


def number(text: str | float) -> float:
    """Return the number that an option states.

    Raises
    ------
    typer.BadParameter
        Where it states none, or none that a double holds: `nan`, `1e-400`, `1_0`, digits of other scripts.
    """
    try:
        return read_number(str(text))
    except ValueError as error:
        raise typer.BadParameter(f"{str(text)[:40]!r}: {error}") from error


def duration_s(text: str | float) -> float:
    """Return the seconds, from 0, that an option states; raises as `number` does."""
    found = number(text)
    if found < 0.0:
        raise typer.BadParameter(f"{str(text)[:40]!r} is below 0; seconds from 0 are allowed")
    return found


def whole_number(text: str | int) -> int:
    """Return the whole number that an option states; raises as `number` does."""
    if _WHOLE.fullmatch(str(text)) is None:
        raise typer.BadParameter(f"{str(text)[:40]!r}: a whole number is allowed, in the digits 0 to 9")
    return int(text)
