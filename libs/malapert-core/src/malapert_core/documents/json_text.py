"""JSON (RFC 8259), read strictly: UTF-8, each key once, finite numbers, a bounded depth.

What is sound is read by the standard library. Only where something is wrong the text is read again, slowly, for the
paths and the lines of its faults.
"""

import bisect
import json
import math
import re
from typing import Any

from malapert_core.documents.nodes import MAX_DEPTH, DocumentError, Node, TreeBuilder
from malapert_core.documents.numbers import WITHIN_A_DOUBLE, double_of
from malapert_core.errors import Fault

_MOST_DIGITS = 400
_SEARCHED = 300_000
"""Largest number of JSON tokens that are searched for the places of faults, which takes about a second."""
_TOKEN = re.compile(
    r'[ \t\n\r]*(?:(?P<mark>[{}\[\],:])|(?P<text>"[^"\\]*(?:\\.[^"\\]*)*")|(?P<scalar>[^\s{}\[\],:"]+))', re.ASCII
)
_BOM = "\ufeff"


class _DoubtfulError(Exception):
    """The text is JSON, but not to be taken as it stands."""


def read_json(content: bytes) -> Any:
    """Return the plain data of a document.

    Raises
    ------
    DocumentError
        With the faults: no JSON in UTF-8, a key twice, NaN and infinities, numbers beyond a double's range, lists and
        objects too deep.
    """
    text = _decoded(content)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_decimal,
            parse_int=_whole,
        )
        if not _is_deep(value):
            return value
    except json.JSONDecodeError as error:
        raise _malformed(error) from error
    except (_DoubtfulError, RecursionError):
        _require_json(text)
    _locate(text)
    message = f"a key is given twice, or a number is not finite, beyond the first {_SEARCHED} parts of the document"
    raise DocumentError("the document cannot be taken", [Fault("", "DUPLICATE_KEY", message)], is_malformed=False)


def read_json_tree(content: bytes) -> Node:
    """Return a document with its places; raises as `read_json` does."""
    text = _decoded(content)
    read_json(content)
    tree = _locate(text, len(text) + 1)
    if tree is None:
        raise AssertionError("a document that was read has a tree")
    return tree


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is no UTF-8: {error.reason}"
        raise DocumentError("the document is no JSON in UTF-8", [Fault("", "NOT_UTF8", message)]) from error


def _require_json(text: str) -> None:
    # What is doubtful may be followed by what is no JSON at all.
    try:
        json.loads(text, parse_int=float, parse_float=float)
    except json.JSONDecodeError as error:
        raise _malformed(error) from error
    except RecursionError:
        return  # The depth is told before the end is reached.


def _malformed(error: json.JSONDecodeError) -> DocumentError:
    message = f"the document is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
    return DocumentError("the document is no JSON", [Fault("", "INVALID_JSON", message)])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DoubtfulError
    return found


def _constant(name: str) -> float:
    raise _DoubtfulError(name)


def _decimal(text: str) -> float:
    try:
        return double_of(text)
    except ValueError as error:
        raise _DoubtfulError from error


def _whole(text: str) -> int:
    if len(text) > 300 and (len(text) > _MOST_DIGITS or math.isinf(float(text))):
        raise _DoubtfulError
    return int(text)


def _is_deep(value: Any) -> bool:
    level = [value] if isinstance(value, list | dict) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [
            part
            for each in level
            for part in (each.values() if isinstance(each, dict) else each)
            if isinstance(part, list | dict)
        ]
    return bool(level)


def _locate(text: str, most: int = _SEARCHED) -> Node | None:
    """Read a text again for its places; raise its faults, or return it."""
    builder, lines = TreeBuilder(), _Lines(text)
    for count, token in enumerate(_TOKEN.finditer(text)):
        if count >= most:
            break
        line, column = lines.place(token.start(token.lastgroup or 0))
        mark = token["mark"]
        if mark in ("{", "["):
            builder.open({} if mark == "{" else [], line, column)
        elif mark in ("}", "]"):
            builder.close()
        elif mark is None:
            _take(builder, token, line, column)
    if builder.faults:
        raise DocumentError("the document cannot be taken", builder.faults, is_malformed=builder.root is None)
    return builder.root


def _take(builder: TreeBuilder, token: re.Match[str], line: int, column: int) -> None:
    if token["text"] is not None:
        try:
            value = json.loads(token["text"])
        except json.JSONDecodeError as error:
            raise _malformed(error) from error
        if builder.awaits_key:
            builder.key(value, line, column)
        else:
            builder.add(Node(value, line, column))
        return
    try:
        value = json.loads(token["scalar"], parse_constant=_constant, parse_float=_decimal, parse_int=_whole)
    except _DoubtfulError:
        builder.fault("NOT_FINITE", f"line {line}, column {column}: {token['scalar'][:40]}: {WITHIN_A_DOUBLE}")
        value = None
    except json.JSONDecodeError as error:
        raise _malformed(error) from error
    builder.add(Node(value, line, column))


class _Lines:
    """Line and column of each position of a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, position: int) -> tuple[int, int]:
        line = bisect.bisect_right(self._starts, position)
        return line, position - self._starts[line - 1] + 1
