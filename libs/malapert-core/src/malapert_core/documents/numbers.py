"""Numbers as text, by one rule: ASCII digits, a point, an exponent; nothing that Python alone would take."""

import math
import re

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(NUMBER, re.ASCII)
_COUNT = re.compile(r"\d+", re.ASCII)
_LONGEST = 64


def read_number(text: str) -> float:
    """Return the finite number that a text states.

    Raises
    ------
    ValueError
        Where it states none: blanks, underscores, decimal commas, digits of other scripts, infinities.
    """
    if len(text) > _LONGEST or _NUMBER.fullmatch(text) is None:
        raise ValueError("a number such as -12.5 or 3e-4 is allowed, with a point and no blanks")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a finite number is allowed")
    return value


def read_count(text: str, most: int = 2**32 - 1) -> int:
    """Return the whole number from 0 that a text states.

    Raises
    ------
    ValueError
        Where it states none, or more than `most`.
    """
    if len(text) > _LONGEST or _COUNT.fullmatch(text) is None or int(text) > most:
        raise ValueError(f"a whole number from 0 to {most} is allowed")
    return int(text)
