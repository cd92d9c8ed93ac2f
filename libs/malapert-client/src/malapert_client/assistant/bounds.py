"""Answers no longer than an assistant can take: lists are cut, which is said, and what is too long still is refused."""

import json
from typing import Any

MOST_BYTES = 200_000
MOST_OF_A_REFUSAL = 20_000
"""Characters of a refusal with its faults."""


class TooLongError(Exception):
    """An answer that is too long although its lists are cut."""


def bounded(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer of at most `MOST_BYTES` of JSON; ``left_off`` says how many entries of which lists are not told.

    Raises
    ------
    TooLongError
        Where its other fields are longer than that.
    """
    sizes = {name: _size(value) for name, value in answer.items()}
    told, left_off = dict(answer), dict[str, int]()
    for name in sorted(sizes, key=lambda each: sizes[each], reverse=True):
        over = sum(sizes.values()) - MOST_BYTES
        if over > 0 and isinstance(answer[name], list):
            told[name] = _fitting(answer[name], sizes[name] - over)
            left_off[name] = len(answer[name]) - len(told[name])
            sizes[name] = _size(told[name])
    if sum(sizes.values()) > MOST_BYTES:
        parts = ", ".join(f"{name} {size}" for name, size in sizes.items() if size > MOST_BYTES // 100)
        raise TooLongError(f"the answer is longer than {MOST_BYTES} bytes, its fields are of: {parts}")
    return {**told, "left_off": left_off} if left_off else told


def shortened(refusal: str) -> str:
    """Return a refusal, cut after a whole fault where it is long."""
    if len(refusal) <= MOST_OF_A_REFUSAL:
        return refusal
    told = refusal[:MOST_OF_A_REFUSAL].rpartition("\n")[0] or refusal[:MOST_OF_A_REFUSAL]
    return f"{told}\n  and {len(refusal) - len(told)} characters more"


def _fitting(rows: list[Any], most_bytes: int) -> list[Any]:
    used = 0
    for count, row in enumerate(rows):
        used += _size(row)
        if used > most_bytes:
            return rows[:count]
    return rows


def _size(value: Any) -> int:
    # With the comma, colon and blanks around it.
    return len(json.dumps(value, ensure_ascii=False).encode()) + 4
