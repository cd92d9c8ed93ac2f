"""YAML by the core schema of YAML 1.2 (10.3), each key once: no octal look-alikes, no ``yes``, no dates, no merging."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from malapert_core.documents.nodes import DocumentError, Node, TreeBuilder
from malapert_core.documents.numbers import WITHIN_A_DOUBLE, double_of
from malapert_core.errors import Fault

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUTH = re.compile(r"(true|True|TRUE)|false|False|FALSE")
_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_LONGEST_NUMBER = 400
_COLLECTIONS = {None, "!", f"{_PREFIX}map", f"{_PREFIX}seq"}


def read_yaml_tree(content: bytes) -> Node:
    """Return a document with its places.

    Raises
    ------
    DocumentError
        With the faults: no YAML in UTF-8, none or several documents, a key twice or that is no text, merge keys,
        ``.nan`` and ``.inf``, tags beyond the core schema, aliases that grow without bound, and all too deep.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is no UTF-8: {error.reason}"
        raise DocumentError("the document is no YAML in UTF-8", [Fault("", "NOT_UTF8", message)]) from error
    _refuse_control_characters(text)
    builder = TreeBuilder()
    try:
        for event in _events(text):
            _Reading(builder, event).take()
    except yaml.YAMLError as error:
        raise _malformed(error) from error
    if builder.faults:
        raise DocumentError("the document cannot be taken", builder.faults, is_malformed=False)
    if builder.root is None:
        raise DocumentError("the document is empty", [Fault("", "EMPTY", "line 1: there is nothing in the document")])
    return builder.root


def _refuse_control_characters(text: str) -> None:
    # YAML 1.1 breaks lines at some of them, which changes the text that they stand in; YAML 1.2 does not.
    found = _UNREADABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        message = f"line {line}, column {column}: the control character U+{ord(found[0]):04X} is not allowed"
        raise DocumentError("the document has control characters", [Fault("", "CONTROL_CHARACTER", message)])


def _malformed(error: yaml.YAMLError) -> DocumentError:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return DocumentError("the document is no YAML", [Fault("", "INVALID_YAML", f"{place}{what}")])


class _Anchors(dict[str, Node | None]):
    """Nodes by anchor; None while one is still being read. `places` says where each stands."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, str] = {}


def _events(text: str) -> Iterator[tuple[Any, _Anchors, list[str | None]]]:
    anchors, opened = _Anchors(), list[str | None]()
    for event in yaml.parse(text, Loader=_LOADER):
        yield event, anchors, opened


class _Reading:
    """One event of a YAML stream, taken into a tree."""

    def __init__(self, builder: TreeBuilder, found: tuple[Any, _Anchors, list[str | None]]) -> None:
        self._builder = builder
        self._event, self._anchors, self._opened = found
        mark = self._event.start_mark
        self._line, self._column = mark.line + 1, mark.column + 1

    @property
    def _place(self) -> str:
        return f"line {self._line}, column {self._column}"

    def take(self) -> None:
        """Take the event."""
        event, builder = self._event, self._builder
        if isinstance(event, yaml.DocumentStartEvent):
            self._document()
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [])
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            node, anchor = builder.close(), self._opened.pop()
            if anchor:
                self._anchors[anchor] = node
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar()
        elif isinstance(event, yaml.AliasEvent):
            self._alias()

    def _document(self) -> None:
        if self._builder.root is not None:
            fault = Fault("", "SEVERAL_DOCUMENTS", f"{self._place}: a second document begins; one is allowed")
            raise DocumentError("the file has several documents", [fault])
        if self._event.version not in (None, (1, 2)):
            version = ".".join(map(str, self._event.version))
            fault = Fault("", "UNKNOWN_VERSION", f"{self._place}: YAML {version} is not read; YAML 1.2 is")
            raise DocumentError("the document is of another YAML", [fault])

    def _open(self, value: Any) -> None:
        if self._builder.awaits_key:
            self._refuse_key("a list or an object")
        wanted = f"{_PREFIX}{'map' if isinstance(value, dict) else 'seq'}"
        if self._event.tag not in (None, "!", wanted):
            self._builder.fault("UNKNOWN_TAG", f"{self._place}: the tag {self._event.tag!r} is not known")
        self._opened.append(self._event.anchor)
        self._anchor(None)
        self._builder.open(value, self._line, self._column)

    def _anchor(self, node: Node | None) -> None:
        name = self._event.anchor
        if name is None:
            return
        if name in self._anchors:
            message = f"{self._place}: the anchor {name!r} stands already at {self._anchors.places[name]}"
            self._builder.fault("DUPLICATE_ANCHOR", message)
        self._anchors[name] = node
        self._anchors.places.setdefault(name, self._place)

    def _alias(self) -> None:
        name = self._event.anchor
        if name not in self._anchors:
            fault = Fault(self._builder.path, "UNKNOWN_ALIAS", f"{self._place}: there is no anchor {name!r} before")
            raise DocumentError("the document is no YAML", [fault])
        node = self._anchors[name]
        if node is None:
            fault = Fault(self._builder.path, "RECURSIVE_ALIAS", f"{self._place}: {name!r} would lie inside itself")
            raise DocumentError("the document holds itself", [fault])
        if self._builder.awaits_key:
            self._key(node.value)
        else:
            self._builder.add(Node(node.value, self._line, self._column, node.size))

    def _scalar(self) -> None:
        value = self._value()
        self._anchor(Node(value, self._line, self._column))
        if self._builder.awaits_key:
            self._key(value)
        else:
            self._builder.add(Node(value, self._line, self._column))

    def _key(self, value: Any) -> None:
        if not isinstance(value, str):
            self._refuse_key(repr(value)[:40])
        if value == "<<" and isinstance(self._event, yaml.ScalarEvent) and self._event.implicit[0]:
            message = f"{self._place}: merging by '<<' is not of YAML 1.2; write the keys out"
            self._builder.fault("MERGE_KEY", message)
        self._builder.key(value, self._line, self._column)

    def _refuse_key(self, what: str) -> None:
        fault = Fault(
            self._builder.path, "INVALID_KEY", f"{self._place}: {what} is no key; a key is text, quoted if need be"
        )
        raise DocumentError("a key is no text", [fault], is_malformed=False)

    def _value(self) -> Any:
        event = self._event
        if event.implicit[1] or event.tag in ("!", f"{_PREFIX}str"):
            return event.value
        if event.implicit[0]:
            return self._plain(event.value)
        kinds = {"null": type(None), "bool": bool, "int": int, "float": float}
        kind = kinds.get(event.tag.removeprefix(_PREFIX))
        value = self._plain(event.value) if kind else None
        if kind is float and type(value) is int:
            value = float(value)
        if kind is None or type(value) is not kind:
            self._builder.fault("UNKNOWN_TAG", f"{self._place}: {event.value[:40]!r} is not of the tag {event.tag!r}")
        return value

    def _plain(self, text: str) -> Any:
        if _NULL.fullmatch(text):
            return None
        truth = _TRUTH.fullmatch(text)
        if truth:
            return truth[1] is not None
        if _NOT_FINITE.fullmatch(text):
            return self._not_finite(text)
        whole = _WHOLE.fullmatch(text)
        if not whole and not _DECIMAL.fullmatch(text):
            return text
        if len(text) > _LONGEST_NUMBER:
            return self._not_finite(text)
        try:
            value = _whole(text) if whole else double_of(text)
        except ValueError:
            return self._not_finite(text)
        return value if abs(value) <= _GREATEST else self._not_finite(text)

    def _not_finite(self, text: str) -> None:
        message = f"{self._place}: {text[:40]}: {WITHIN_A_DOUBLE}; quote it where text is meant"
        self._builder.fault("NOT_FINITE", message)


_GREATEST = int(1.7976931348623157e308)


def _whole(text: str) -> int:
    bases = {"0o": 8, "0x": 16}
    return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)
