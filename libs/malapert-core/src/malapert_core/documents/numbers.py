"""Numbers as text, by one rule: ASCII digits, a point, an exponent; nothing that Python alone would take."""

import math
import re
import sys
from decimal import Decimal

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(NUMBER, re.ASCII)
_COUNT = re.compile(r"\d+", re.ASCII)
_LONGEST = 64
WITHIN_A_DOUBLE = "a finite number within the range of a double is allowed, 0 or from 2.3e-308 to 1.7e308 in size"


def read_number(text: str) -> float:
    """Return the finite number that a text states.

    Raises
    ------
    ValueError
        Where it states none: blanks, underscores, decimal commas, digits of other scripts, infinities.
    """
    if len(text) > _LONGEST or _NUMBER.fullmatch(text) is None:
        raise ValueError("a number such as -12.5 or 3e-4 is allowed, with a point and no blanks")
    return double_of(text)


def double_of(text: str) -> float:
    """Return the double of a decimal in ASCII.

    Raises
    ------
    ValueError
        Where there is none near it: it is beyond the greatest, or so small that it would become zero or lose digits.
    """
    value = float(text)
    if math.isinf(value) or (abs(value) < sys.float_info.min and not _is_kept(text, value)):
        raise ValueError(WITHIN_A_DOUBLE)
    return value


def _is_kept(text: str, value: float) -> bool:
    """Return whether a double next to zero is the decimal that was written: zero, or one that a double writes so."""
    if value == 0.0:
        return not any(digit in "123456789" for digit in text.lower().partition("e")[0])
    return Decimal(text) == Decimal(repr(value))


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
