"""The XML schema of navigation data messages as an authority: libxml2 (lxml) by the published XSD of version 2.0.0."""

import re
from functools import cache
from pathlib import Path

from lxml import etree

STANDARDS = Path(__file__).parents[4] / "shared" / "reference" / "standards" / "ndm"
_MASTER = STANDARDS / "xsd-2.0.0" / "ndmxml-2.0.0-master-2.0.xsd"
# An unused prefix may stand for what is no URI, at which libxml2 gives up.
_NAMESPACE = re.compile(r"(?<=xmlns:)(\w+=[\"'])(?!urn:ccsds:|http://www\.w3\.org/)[^\"']*")
# What versions 1.0 and 3.0 of a message have and the schema of 2.0 has not; none of them holds a value.
_OF_OTHER_VERSIONS = ("MESSAGE_ID", "CLASSIFICATION")


@cache
def ndm_schema() -> etree.XMLSchema | None:
    """Return the schema, None where it is not on this machine."""
    return etree.XMLSchema(file=str(_MASTER)) if _MASTER.exists() else None


@cache
def _order(message: str) -> dict[str, int]:
    """Return the place of each element's name in the sequences of a message's schema."""
    files = [_MASTER.with_name(f"ndmxml-2.0.0-{part}-2.0.xsd") for part in (message, "common")]
    names = [str(each.get("name")) for file in files for each in etree.parse(file).iter("{*}element")]
    return {name: index for index, name in enumerate(dict.fromkeys(("EPOCH", "COV_REF_FRAME", *names)))}


def parsed(content: bytes) -> etree._Element:
    """Return the elements of a message as libxml2 reads them, in UTF-8 whatever is declared, without comments."""
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    text = _NAMESPACE.sub(r"\1urn:x", content.decode("utf-8-sig").strip())
    return etree.fromstring(text.encode(), parser)


def schema_errors(content: bytes) -> list[str]:
    """Return what the schema has against a message, apart from what changes no value.

    That is the version, the id, comments out of their place, the order of values, and what the standard allows beyond
    the schema: text of either case and blanks in lists of participants (503.0-B-2 4.3.7, 3.3.2).
    """
    schema = ndm_schema()
    if schema is None:
        return []
    root = parsed(content)
    for message in root.iter("oem", "tdm"):
        message.set("version", "2.0")
        message.set("id", message.get("id", f"CCSDS_{message.tag.upper()}_VERS"))
    etree.strip_elements(root, "COMMENT", *_OF_OTHER_VERSIONS, with_tail=False)
    for message in root.iter("oem", "tdm"):
        places = _order(str(message.tag))
        for element in message.iter("header", "metadata", "stateVector", "covarianceMatrix", "observation"):
            element[:] = sorted(element, key=lambda each: places.get(str(each.tag), -1))
    for value in root.iter():
        in_metadata = value.getparent() is not None and value.getparent().tag == "metadata"
        value.text = "".join((value.text or "").split()).upper() if in_metadata else (value.text or "").strip(" \t\r\n")
    schema.validate(root)
    return [str(error.message)[:300] for error in schema.error_log][:5]
