"""Mutations of text: characters, tokens, lines, blocks, encodings."""

import random
import re
from collections.abc import Callable

from reader_fuzz.extremes import CONTROLS, ENCODINGS, NUMBERS, TIMES, WORDS

TextMutation = Callable[[random.Random, str], str]

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_TIME = re.compile(r"\d{4}-\d\d\d?(?:-\d\d)?T[0-9:.]+(?:Z|[+-]\d\d:\d\d)?")
_WORD = re.compile(r"[^\s=:,<>\"'\[\]{}/]+")
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")


def replace_match(pattern: re.Pattern[str], values: tuple[str, ...]) -> TextMutation:
    """Return a mutation that puts an extreme value, or another of the text's own, in the place of one that matches."""

    def mutate(rng: random.Random, text: str) -> str:
        found = list(pattern.finditer(text))
        if not found:
            return text
        match = rng.choice(found)
        value = rng.choice(values) if rng.random() < 0.7 else rng.choice(found)[0]
        return text[: match.start()] + value + text[match.end() :]

    return mutate


def nudge_number(rng: random.Random, text: str) -> str:
    """Change one digit, sign, point or exponent."""
    found = list(_NUMBER.finditer(text))
    if not found:
        return text
    match = rng.choice(found)
    number = list(match[0])
    number[rng.randrange(len(number))] = rng.choice("0123456789.-+eE ")
    return text[: match.start()] + "".join(number) + text[match.end() :]


def change_character(rng: random.Random, text: str) -> str:
    """Replace, insert or drop one character."""
    at = rng.randrange(len(text) + 1)
    letter = rng.choice((*CONTROLS, *"\n\t =:,;<>&\"'[]{}#-+.0123456789eEzZ\u00e9\u6708"))
    return text[:at] + rng.choice((letter, letter, "")) + text[at + rng.randrange(2) :]


def change_line(rng: random.Random, text: str) -> str:
    """Drop, double, swap, move, indent, join or split lines."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(9)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(other, lines[at])
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines.insert(other, lines.pop(at))
    elif kind == 4:
        lines[at] = rng.choice((" ", "  ", "\t", "    ")) + lines[at]
    elif kind == 5:
        lines[at] = lines[at].lstrip(" \t")
    elif kind == 6:
        lines[at] = lines[at].rstrip("\r\n")
    elif kind == 7:
        cut = rng.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:cut] + "\n" + lines[at][cut:]
    else:
        lines[at] = lines[at] * rng.choice((2, 3, 50))
    return "".join(lines)


def change_block(rng: random.Random, text: str) -> str:
    """Drop, double or move a run of lines."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 3:
        return text
    start = rng.randrange(len(lines))
    block = lines[start : start + rng.randrange(1, 1 + max(1, len(lines) // 2))]
    rest = lines[:start] + lines[start + len(block) :]
    to = rng.randrange(len(rest) + 1)
    return "".join(rng.choice((rest, lines[:to] + block + lines[to:], rest[:to] + block + rest[to:])))


def change_case(rng: random.Random, text: str) -> str:
    """Write a word, a line or all in another case."""
    change = rng.choice((str.lower, str.upper, str.swapcase, str.title))
    if rng.random() < 0.2:
        return change(text)
    found = list(_WORD.finditer(text))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + change(match[0]) + text[match.end() :]


def change_blanks(rng: random.Random, text: str) -> str:
    """Put blanks around a mark, or take them from there."""
    mark = rng.choice("=:,<>[]{}-")
    places = [match.start() for match in re.finditer(re.escape(mark), text)]
    if not places:
        return text
    at = rng.choice(places)
    before, after = text[:at], text[at + 1 :]
    if rng.random() < 0.5:
        blank = rng.choice((" ", "  ", "\t", "\u00a0", "\u3000"))
        return before + rng.choice(("", blank)) + mark + blank + after
    return before.rstrip(" ") + mark + after.lstrip(" ")


def truncate(rng: random.Random, text: str) -> str:
    """Cut the end or the beginning off."""
    at = rng.randrange(len(text) + 1)
    return rng.choice((text[:at], text[:at], text[at:]))


def change_ends(rng: random.Random, text: str) -> str:
    """Write all line ends another way, or add what stands before or after a text."""
    kind = rng.randrange(4)
    if kind == 0:
        return text.replace("\n", rng.choice(("\r\n", "\r", "\n\n", "\u2028", "\x0b", "\x85")))
    if kind == 1:
        return rng.choice(("\ufeff", "\n\n", " ", "\x00", "%PDF-1.7\n", "#!x\n", "\ufeff\ufeff")) + text
    if kind == 2:
        return text + rng.choice(("\n\n", "\x00" * 10, "\x1a", "garbage", " " * 1000, text))
    return rng.choice((text + text, "", " ", "\n", "\ufeff"))


GENERAL: tuple[TextMutation, ...] = (
    replace_match(_NUMBER, NUMBERS),
    replace_match(_NUMBER, NUMBERS),
    replace_match(_TIME, TIMES),
    replace_match(_WORD, (*WORDS, *NUMBERS, *TIMES)),
    replace_match(_WORD, WORDS),
    replace_match(_QUOTED, tuple(f'"{word}"' for word in (*WORDS, *NUMBERS, *TIMES))),
    nudge_number,
    nudge_number,
    change_character,
    change_line,
    change_line,
    change_block,
    change_case,
    change_blanks,
    truncate,
    change_ends,
)


def encoded(rng: random.Random, text: str) -> bytes:
    """Return the bytes of a text, seldom in another encoding than UTF-8."""
    if rng.random() < 0.03:
        return text.encode(rng.choice(ENCODINGS), "replace")
    return text.encode("utf-8", "surrogatepass")


def mutate_text(rng: random.Random, content: bytes, own: tuple[TextMutation, ...] = ()) -> bytes:
    """Return a text with one to four mutations, half of them of its own form where it has such."""
    text = content.decode("utf-8", "replace")
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        text = rng.choice(own if own and rng.random() < 0.5 else GENERAL)(rng, text)
        if len(text) > 400_000:
            break
    return encoded(rng, text)
