"""Documents as trees whose every part knows its line and column, and what is wrong with them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from malapert_core.documents.text import path_to, shown_key
from malapert_core.errors import MAX_FAULTS, Fault

__all__ = ["MAX_DEPTH", "MAX_FAULTS", "MAX_VALUES", "DocumentError", "Node", "TreeBuilder"]

MAX_DEPTH = 64
MAX_VALUES = 1_000_000
_PATH_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class DocumentError(ValueError):
    """A document that cannot be read.

    Parameters
    ----------
    message : str
        What it is not.
    faults : iterable of Fault
        The first of its faults.
    is_malformed : bool
        True where it breaks the format itself, not a rule for what is in it.
    """

    def __init__(self, message: str, faults: Iterable[Fault], *, is_malformed: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.faults = tuple(faults)
        self.is_malformed = is_malformed


@dataclass(slots=True, eq=False)
class Node:
    """A part of a document: a plain value, or a list or object of nodes; lines and columns are from 1."""

    value: Any
    line: int
    column: int
    size: int = 1
    """Number of values in it, counted again wherever an alias repeats them."""

    @property
    def place(self) -> str:
        """Line and column of its beginning."""
        return f"line {self.line}, column {self.column}"

    def plain(self) -> Any:
        """Return it as plain data."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def nearest(self, path: str) -> "Node":
        """Return what a path such as ``requests[3].title`` names, or the nearest part around it that is there."""
        node = self
        for key, index in _PATH_PART.findall(path):
            inner = None
            if isinstance(node.value, list) and index and int(index) < len(node.value):
                inner = node.value[int(index)]
            elif isinstance(node.value, dict) and key:
                inner = node.value.get(key)
            if inner is None:
                break
            node = inner
        return node


@dataclass(slots=True)
class _Open:
    """A list or object that is being read."""

    node: Node
    path: str
    key: str | None = None
    key_places: dict[str, str] = field(default_factory=dict)


class TreeBuilder:
    """Builds a tree from what a parser finds, and notes keys that are given twice and what lies too deep."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self._open: list[_Open] = []

    @property
    def awaits_key(self) -> bool:
        """True where the next scalar is the key of an object."""
        return bool(self._open) and isinstance(self._open[-1].node.value, dict) and self._open[-1].key is None

    @property
    def path(self) -> str:
        """Path of the next value."""
        if not self._open:
            return ""
        top = self._open[-1]
        if isinstance(top.node.value, list):
            return f"{top.path}[{len(top.node.value)}]"
        return top.path if top.key is None else path_to(top.path, top.key)

    def fault(self, code: str, message: str) -> None:
        """Note a fault of the value that comes next.

        Raises
        ------
        DocumentError
            Once there are more than are told.
        """
        self.faults.append(Fault(self.path, code, message))
        if len(self.faults) >= MAX_FAULTS:
            raise DocumentError(f"the document has {MAX_FAULTS} faults or more", self.faults, is_malformed=False)

    def key(self, name: str, line: int, column: int) -> None:
        """Take the key of the value that comes next."""
        top = self._open[-1]
        top.key = name
        place = f"line {line}, column {column}"
        if name in top.key_places:
            message = f"the key {shown_key(name)!r} is given twice in one object: {top.key_places[name]}, and {place}"
            self.fault("DUPLICATE_KEY", f"{message}; give it once")
        top.key_places.setdefault(name, place)

    def open(self, value: dict[str, Node] | list[Node], line: int, column: int) -> None:
        """Begin a list or an object.

        Raises
        ------
        DocumentError
            ``TOO_DEEP`` beyond the depth that is read.
        """
        if len(self._open) >= MAX_DEPTH:
            message = f"line {line}, column {column}: more than {MAX_DEPTH} lists and objects lie inside one another"
            raise DocumentError("the document is too deep", [Fault(self.path, "TOO_DEEP", message)])
        self._open.append(_Open(Node(value, line, column), self.path))

    def close(self) -> Node:
        """End the innermost list or object, and return it."""
        node = self._open.pop().node
        self.add(node)
        return node

    def add(self, node: Node) -> None:
        """Take a whole value.

        Raises
        ------
        DocumentError
            ``TOO_LARGE`` where the document has more values than are read.
        """
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        top.node.size += node.size
        if top.node.size > MAX_VALUES:
            fault = Fault(self.path, "TOO_LARGE", f"{node.place}: more than {MAX_VALUES} values, aliases written out")
            raise DocumentError("the document is too large", [fault])
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        else:
            top.node.value.setdefault(top.key, node)
            top.key = None
