"""Text that may enter: no control characters, line breaks or code points that a format of an export cannot hold."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Any

from malapert_core.errors import Fault

# What turns the direction of writing makes one text look like another; the rest no format of an export can hold.
NOT_FOR_TEXT = "\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_UNCLEAN = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{NOT_FOR_TEXT}]")
_UNCLEAN_IN_LINES = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029{NOT_FOR_TEXT}]")
_NAMES = {"\t": "a tab", "\n": "a line break", "\r": "a carriage return", "\x00": "a NUL character"}
_LONGEST_SHOWN = 100
ALLOWED = "text in one line without control characters is allowed"


def unclean_part(text: str, *, is_lines: bool = False) -> str:
    """Return what in a text may not enter, in words; empty where all of it may.

    Parameters
    ----------
    text : str
    is_lines : bool
        True for the text of a whole file, in which line breaks and tabs are at home.
    """
    found = (_UNCLEAN_IN_LINES if is_lines else _UNCLEAN).search(text)
    if found is None:
        return ""
    character = found[0]
    kinds = {"Cs": "half a surrogate pair", "Cn": "a noncharacter", "Cf": "the invisible character"}
    kind = kinds.get(unicodedata.category(character))
    name = _NAMES.get(character) or f"{kind or 'the control character'} U+{ord(character):04X}"
    return f"{name} at position {found.start() + 1}"


def shown_key(key: str) -> str:
    """Return a key as a path or a message may show it: short, with escapes for what may not enter."""
    return (ascii(key)[1:-1] if unclean_part(key) else key)[:_LONGEST_SHOWN]


def path_to(path: str, key: str) -> str:
    """Return the path of what an object at a path has under a key."""
    return f"{path}.{shown_key(key)}" if path else shown_key(key)


def text_fault(text: str, path: str, *, is_lines: bool = False) -> Fault | None:
    """Return the fault of a text that may not enter, or None."""
    part = unclean_part(text, is_lines=is_lines)
    code = "NUL_CHARACTER" if part.startswith(_NAMES["\x00"]) else "CONTROL_CHARACTER"
    return Fault(path, code, f"the text has {part}; {ALLOWED}") if part else None


def names_object(field: str) -> bool:
    """Return whether a field or parameter of that name holds identifiers."""
    return field.endswith(("_id", "_ids"))


def blanks_around(text: str) -> bool:
    """Return whether a text begins or ends with blanks of any script, which another writing of it would lack."""
    return text != text.strip()


def text_faults(value: Any, file_fields: Collection[str] = ()) -> Iterator[Fault]:
    """Yield the faults of every text and key in plain data, with their paths.

    Parameters
    ----------
    value
        Objects, lists, texts and numbers, as JSON has them.
    file_fields : collection of str
        Keys under which the text of a whole file is given.
    """
    waiting: list[tuple[Any, str, bool]] = [(value, "", False)]
    while waiting:
        part, path, is_lines = waiting.pop()
        if isinstance(part, str):
            fault = text_fault(part, path, is_lines=is_lines)
            if fault is not None:
                yield fault
        elif isinstance(part, list):
            waiting += [(item, f"{path}[{index}]", is_lines) for index, item in reversed(list(enumerate(part)))]
        elif isinstance(part, dict):
            for key in part:
                if unclean_part(key):
                    message = f"the key {shown_key(key)!r} has {unclean_part(key)}; {ALLOWED}"
                    yield Fault(path, "CONTROL_CHARACTER", message)
            inner = [(item, path_to(path, key), key in file_fields) for key, item in part.items()]
            waiting += reversed(inner)


def cleaned(value: Any) -> Any:
    """Return plain data with a blank for every character that may not enter, for further checks alone."""
    if isinstance(value, str):
        return _UNCLEAN_IN_LINES.sub(" ", value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return {cleaned(key): cleaned(item) for key, item in value.items()} if isinstance(value, dict) else value
