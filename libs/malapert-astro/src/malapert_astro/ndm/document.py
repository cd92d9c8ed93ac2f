"""The forms shared by navigation data messages: keyword and value lines, XML elements, several messages in one NDM."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn
from xml.etree import ElementTree

from malapert_astro.ndm.faults import Entry, Faults, NdmError, NdmFault, quoted
from malapert_astro.unclean_characters import UNCLEAN_IN_LINES

_KEYWORD = re.compile(r"[A-Z][A-Z_0-9]*")
_NAMESPACES = ("", "urn:ccsds:schema:ndmxml")
"""Namespaces of elements: none, or the one of the qualified schema (505.0 master and namespace schemas)."""
# Where to find a schema changes no value; `nil` and `type` would.
_LOCATIONS = tuple(
    f"{{http://www.w3.org/2001/XMLSchema-instance}}{name}" for name in ("schemaLocation", "noNamespaceSchemaLocation")
)
_BLANKS = " \t\r\n"
_ENCODING = re.compile(r"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
_ENCODINGS = ("UTF-8", "UTF8")
_VERSION = re.compile(r"""\s*<\?xml\s+version\s*=\s*["']([^"']*)["']""")
# XML 1.0 2.8: a document of a later 1.x is read as one of 1.0. Expat does not look at the number.
_VERSIONS = re.compile(r"1\.[0-9]+")
LONGEST_LINE = 254
"""Longest line of keyword and value, characters (502.0-B-3 7.3.2, 503.0-B-2 4.2.1)."""
_BESIDE_MESSAGES = ("MESSAGE_ID",)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text that says something: its number, its keyword (empty for data) and the rest."""

    number: int
    keyword: str
    value: str

    @property
    def where(self) -> str:
        """Place of the line or element, for faults."""
        return f"line {self.number}"


def lines_of(text: str, faults: Faults) -> Iterator[Line]:
    """Yield the lines of a text message that are neither empty nor comments; too long ones are noted."""
    for number, raw in enumerate(text.splitlines(), 1):
        stripped = raw.strip()
        if not stripped or stripped == "COMMENT" or stripped.startswith(("COMMENT ", "COMMENT\t")):
            continue
        if len(raw.rstrip()) > LONGEST_LINE:
            faults.add(f"line {number}", "LINE_TOO_LONG", f"at most {LONGEST_LINE} characters are allowed")
        keyword, equals, value = stripped.partition("=")
        if equals:
            yield Line(number, keyword.strip() or "=", value.strip())
        elif _KEYWORD.fullmatch(stripped):
            yield Line(number, stripped, "")
        else:
            yield Line(number, "", stripped)


def decoded(content: bytes) -> str:
    """Return the text of a message, without a byte-order mark.

    Raises
    ------
    NdmError
        If it is empty, no UTF-8, or has control characters.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(f"byte {error.start}", "NOT_TEXT", "the message is not UTF-8 text")
    if not text.strip():
        _refuse("message", "EMPTY", "the message is empty")
    control = UNCLEAN_IN_LINES.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        message = f"the character U+{ord(control[0]):04X} is not allowed"
        _refuse(f"line {line}", "CONTROL_CHARACTER", message)
    return text


def is_xml(text: str) -> bool:
    """Return whether a message is XML rather than keyword and value lines."""
    return text.lstrip().startswith("<")


def xml_messages(text: str, message: str, faults: Faults) -> list[tuple[ElementTree.Element, str]]:
    """Return the elements of a kind of message and where each is: the root, or all of an ``ndm`` element's.

    Messages of another kind in an ``ndm`` are faults, and elements of another namespace. The names that are returned
    have none.

    Raises
    ------
    NdmError
        If it is no XML, declares a document type (whose entities could grow without bound), or has no such message.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        _refuse("message", "DOCTYPE", "a document type declaration is not allowed")
    encoding = _ENCODING.match(text)
    if encoding is not None and encoding[1].upper() not in _ENCODINGS and not text.isascii():
        _refuse("line 1", "WRONG_ENCODING", f"the message is UTF-8 text; it declares {quoted(encoding[1])}")
    version = _VERSION.match(text)
    if version is not None and _VERSIONS.fullmatch(version[1]) is None:
        _refuse("line 1", "NOT_XML", f"the message declares XML {quoted(version[1])}; XML 1.0 is read")
    try:
        # Without a document type there are no entities that could grow. As text, whatever encoding it declares.
        root = ElementTree.fromstring(text.lstrip())  # noqa: S314
    except (ElementTree.ParseError, ValueError) as error:
        line = error.position[0] if isinstance(error, ElementTree.ParseError) else 1
        _refuse(f"line {line}", "NOT_XML", f"the message is no XML: {error}")
    _strip_namespaces(root, faults)
    if root.tag == message:
        return [(root, "")]
    if root.tag != "ndm":
        _refuse(f"<{root.tag[:40]}>", "WRONG_MESSAGE", f"an <{message}> element is needed")
    _no_attributes(root, "ndm", faults)
    _no_text(root.text, "ndm", faults)
    found = [child for child in root if child.tag == message]
    for child in root:
        _no_text(child.tail, "ndm", faults)
        if not _is_comment(child, "ndm", faults) and child.tag not in (message, *_BESIDE_MESSAGES):
            faults.add(f"<{child.tag[:40]}>", "OTHER_MESSAGE", f"only <{message}> is read here; nothing is left out")
    if not found and not faults.found:
        _refuse("<ndm>", "WRONG_MESSAGE", f"an <{message}> element is needed")
    return [(child, f"{message} {number}, " if len(found) > 1 else "") for number, child in enumerate(found, 1)]


def _strip_namespaces(root: ElementTree.Element, faults: Faults) -> None:
    others = set()
    for element in root.iter():
        namespace, _, name = element.tag.rpartition("}")
        element.tag = name
        if namespace.removeprefix("{") not in _NAMESPACES and namespace not in others:
            others.add(namespace)
            allowed = f"none or {_NAMESPACES[1]}"
            faults.add(f"<{name[:40]}>", "OTHER_NAMESPACE", f"{quoted(namespace[1:])} is not read; allowed: {allowed}")


def xml_header(root: ElementTree.Element, where: str, faults: Faults) -> dict[str, Entry]:
    """Return the header of a message, its version under ``CCSDS_…_VERS``, and note what is no part of it."""
    identifier = f"CCSDS_{str(root.tag).upper()}_VERS"
    for name, value in root.attrib.items():
        if name not in ("id", "version") and name not in _LOCATIONS:
            faults.add(f"{where}<{root.tag}>", "UNKNOWN_ATTRIBUTE", f"{quoted(name)} is no attribute of a message")
        if name == "id" and value != identifier:
            faults.add(f"{where}<{root.tag}>", "WRONG_MESSAGE", f"the id is {quoted(value)}, not {identifier}")
    _no_text(root.text, f"{where}<{root.tag}>", faults)
    parts = xml_parts(root, ("header", "body"), f"{where}<{root.tag}>", faults)
    header = {identifier: Entry(root.get("version", ""), f"{where}<{root.tag}>")}
    for element in parts["header"][:1]:
        header |= xml_fields(element, f"{where}header", faults)
    return header


def xml_parts(
    element: ElementTree.Element,
    names: tuple[str, ...],
    where: str,
    faults: Faults,
    several: tuple[str, ...] = (),
) -> dict[str, list[ElementTree.Element]]:
    """Return the children of an element by name; others, and second ones where there is to be one, are noted."""
    parts: dict[str, list[ElementTree.Element]] = {name: [] for name in (*names, *several)}
    for child in element:
        _no_text(child.tail, where, faults)
        if _is_comment(child, where, faults):
            continue
        if child.tag not in parts:
            faults.add(where, "UNKNOWN_ELEMENT", f"<{child.tag[:40]}> is no part of {_named(element)}")
            continue
        if parts[child.tag] and child.tag not in several:
            faults.add(where, "DUPLICATE_ELEMENT", f"there is a <{child.tag}> before this one")
            continue
        _no_attributes(child, where, faults)
        _no_text(child.text, where, faults)
        parts[child.tag].append(child)
    for name in names:
        if not parts[name]:
            faults.add(where, "MISSING", f"<{name}> is needed")
    return parts


def xml_fields(
    element: ElementTree.Element, where: str, faults: Faults, units: Mapping[str, str] | None = None
) -> dict[str, Entry]:
    """Return the values in an element by name; a unit must be the one that the standard gives the value."""
    fields: dict[str, Entry] = {}
    for child in element:
        place = f"{where}, {child.tag[:40]}"
        _no_text(child.tail, place, faults)
        if _is_comment(child, place, faults):
            continue
        if len(child):
            faults.add(place, "UNKNOWN_ELEMENT", f"<{child[0].tag[:40]}> is inside of a value")
        unit = (units or {}).get(child.tag)
        for name, value in child.attrib.items():
            if name == "units" and unit is not None:
                if value.strip() != unit:
                    faults.add(place, "WRONG_UNIT", f"the unit is {quoted(value)}; {unit} is allowed")
            elif name not in _LOCATIONS:
                faults.add(place, "UNKNOWN_ATTRIBUTE", f"{quoted(name)} is no attribute of {_named(child)}")
        faults.enter(fields, child.tag, (child.text or "").strip(_BLANKS), place)
    return fields


def known_fields(fields: Mapping[str, Entry], allowed: tuple[str, ...], what: str, faults: Faults) -> None:
    """Note the keywords that are not allowed."""
    for keyword, entry in fields.items():
        if keyword not in allowed:
            faults.add(entry.where, "UNKNOWN_KEYWORD", f"{quoted(keyword)} is no {what}")


def check_header(
    header: Mapping[str, Entry], message: str, versions: tuple[str, ...], optional: tuple[str, ...], faults: Faults
) -> None:
    """Note what is missing, unknown or wrong in a header; `message` is such as OEM."""
    needed = (f"CCSDS_{message}_VERS", "CREATION_DATE", "ORIGINATOR")
    for keyword in needed:
        if keyword not in header or not header[keyword].value:
            faults.add("header", "MISSING", f"{keyword} is needed")
    version = value_of(header, needed[0])
    if version and version not in versions:
        faults.add("header", "UNKNOWN_VERSION", f"version {quoted(version)} is none of {', '.join(versions)}")
    known_fields(header, (*needed, *optional), f"keyword of the header of {message}", faults)
    created = header.get("CREATION_DATE")
    if created is not None and created.value:
        faults.epoch(
            created.value, "UTC", f"{created.where}, CREATION_DATE" if "line" in created.where else created.where
        )


def value_of(entries: Mapping[str, Entry], keyword: str) -> str:
    """Return the value under a keyword, empty where there is none."""
    return entries[keyword].value if keyword in entries else ""


def _no_attributes(element: ElementTree.Element, where: str, faults: Faults) -> None:
    for name in element.attrib:
        if name not in _LOCATIONS:
            faults.add(where, "UNKNOWN_ATTRIBUTE", f"{quoted(name)} is no attribute of {_named(element)}")


def _is_comment(element: ElementTree.Element, where: str, faults: Faults) -> bool:
    """Whether an element is a comment, which is text alone."""
    if element.tag == "COMMENT" and len(element):
        faults.add(where, "UNKNOWN_ELEMENT", f"<{element[0].tag[:40]}> is inside of a comment")
    return bool(element.tag == "COMMENT")


def _no_text(text: str | None, where: str, faults: Faults) -> None:
    if text and text.strip(_BLANKS):
        faults.add(where, "UNEXPECTED_TEXT", f"{quoted(text.strip(_BLANKS))} is outside of every value")


def _named(element: ElementTree.Element) -> str:
    return f"<{element.tag[:40]}>"


def _refuse(where: str, code: str, message: str) -> NoReturn:
    raise NdmError([NdmFault(where, code, message)])
