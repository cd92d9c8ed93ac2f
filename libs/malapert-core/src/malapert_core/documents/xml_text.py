"""XML 1.0 in UTF-8 as plain elements with their lines: no document types, a bounded depth and number of elements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from malapert_core.documents.nodes import MAX_DEPTH, DocumentError
from malapert_core.errors import Fault

_MOST_ELEMENTS = 500_000
_DECLARED = re.compile(r"\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_VERSION = re.compile(r"\s*<\?xml\s+version\s*=\s*[\"']([^\"']*)[\"']")
# XML 1.0 2.8: a document of a later 1.x is read as one of 1.0. Expat does not look at the number.
_READ_VERSION = re.compile(r"1\.[0-9]+")
_READ_ENCODINGS = ("utf-8", "us-ascii", "ascii")
# Where to find a schema changes no value; `nil` and `type` would.
_LOCATIONS = tuple(
    f"http://www.w3.org/2001/XMLSchema-instance\n{name}" for name in ("schemaLocation", "noNamespaceSchemaLocation")
)


@dataclass(slots=True, eq=False)
class XmlElement:
    """An element: its name, its namespace, the names and values of its attributes, and what is inside."""

    name: str
    namespace: str
    line: int
    attributes: dict[str, str]
    children: list["XmlElement"] = field(default_factory=list)
    text: str = ""

    def named(self, name: str) -> Iterator["XmlElement"]:
        """Yield the elements of a name that lie directly in it."""
        return (child for child in self.children if child.name == name)


def read_xml(content: bytes) -> XmlElement:
    """Return the root of a document; where to find a schema (``xsi:schemaLocation``) is passed over.

    Raises
    ------
    DocumentError
        ``NOT_XML``, ``DOCTYPE``, ``TOO_DEEP``, ``TOO_LARGE`` or ``WRONG_NAMESPACE`` with the line: not well-formed, an
        encoding other than UTF-8, a version other than 1.x, elements of several namespaces, attributes of a namespace.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal("NOT_XML", f"byte {error.start + 1} is no UTF-8: {error.reason}") from error
    declared = _DECLARED.match(text)
    if declared and declared[1].lower() not in _READ_ENCODINGS:
        raise _refusal("NOT_XML", f"line 1: the encoding {declared[1][:40]!r} is declared; UTF-8 is read")
    version = _VERSION.match(text)
    if version and not _READ_VERSION.fullmatch(version[1]):
        raise _refusal("NOT_XML", f"line 1: the version {version[1][:40]!r} is declared; XML 1.0 is read")
    return _Reading().read(text)


def _refusal(code: str, message: str) -> DocumentError:
    return DocumentError("the document is no XML that is read", [Fault("body", code, message)])


class _Reading:
    """One document that is being read."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(encoding="utf-8", namespace_separator="\n")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.buffer_text = True
        self._open: list[XmlElement] = []
        self._count = 0
        self._root: XmlElement | None = None

    def read(self, text: str) -> XmlElement:
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            raise _refusal("NOT_XML", f"line {error.lineno}, column {error.offset + 1}: {what}") from error
        except DocumentError:
            raise
        except (ValueError, LookupError) as error:
            raise _refusal("NOT_XML", f"the document is no XML: {error}") from error
        if self._root is None:
            raise _refusal("NOT_XML", "line 1: there is no element")
        return self._root

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        self._count += 1
        if len(self._open) >= MAX_DEPTH:
            raise _refusal("TOO_DEEP", f"line {line}: more than {MAX_DEPTH} elements lie inside one another")
        if self._count > _MOST_ELEMENTS:
            raise _refusal("TOO_LARGE", f"line {line}: more than {_MOST_ELEMENTS} elements")
        namespace, _, name = tag.rpartition("\n")
        if self._root is not None and namespace != self._root.namespace:
            message = f"line {line}: <{name}> is of the namespace {namespace!r}, the root of {self._root.namespace!r}"
            raise _refusal("WRONG_NAMESPACE", message)
        element = XmlElement(name, namespace, line, dict(self._own(attributes, line)))
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _own(self, attributes: dict[str, str], line: int) -> Iterator[tuple[str, str]]:
        for tag, value in attributes.items():
            namespace, _, name = tag.rpartition("\n")
            if not namespace:
                yield name, value
            elif tag not in _LOCATIONS:
                raise _refusal("WRONG_NAMESPACE", f"line {line}: the attribute {name!r} is of {namespace!r}")

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _doctype(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise _refusal("DOCTYPE", f"line {line}: a document type declaration is not allowed")
