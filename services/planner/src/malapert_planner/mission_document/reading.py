"""Reads a mission document and reports all of its faults at once, each with its path."""

import copy
import json
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any

from malapert_core.documents.json_text import read_json
from malapert_core.documents.nodes import MAX_FAULTS, DocumentError
from malapert_core.documents.text import cleaned, shown_key, text_faults
from malapert_core.errors import Fault, InvalidInputError
from pydantic import BaseModel, ValidationError

from malapert_planner.mission_document.checks import Span, check_document
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.figures import Figure
from malapert_planner.mission_document.paths import Location, model_at, path_of, value_at
from malapert_planner.mission_document.sources import settle_sources

MAX_DOCUMENT_BYTES = 4_000_000
FILE_FIELDS = ("oem",)
"""Fields that hold the text of a whole file."""
_LONGEST_SHOWN = 100
_CODES = {"missing": "MISSING_FIELD", "extra_forbidden": "UNKNOWN_FIELD"}


def read_document(document_json: bytes, ephemeris_span: Span) -> tuple[MissionDocument | None, list[Fault]]:
    """Return the document with every figure's source settled, and all of its faults.

    Faults of single fields (an unknown field, a wrong unit, a naive time) do not hide those of other parts: the field
    is set aside and the rest is checked on. The document is None only where it could not be completed even so; where
    there are faults it serves for further checks alone.

    Parameters
    ----------
    document_json : bytes
        The document as JSON.
    ephemeris_span : pair of datetime
        The epochs for which Sun, Earth and stations can be computed.
    """
    raw, faults = _parsed(document_json)
    if raw is None:
        return None, faults
    document, others, set_aside = _validated(raw)
    faults += others
    if document is None:
        return None, faults
    found = settle_sources(document) + check_document(document, ephemeris_span)
    faults += [fault for fault in found if not _lies_under(fault.path, set_aside)]
    return document, faults


def refuse(faults: Sequence[Fault]) -> None:
    """Raise all faults of a document at once.

    Raises
    ------
    InvalidInputError
        ``INVALID_MISSION`` where there is any.
    """
    if faults:
        unique = list({(fault.path, fault.code): fault for fault in faults}.values())
        message = f"the mission document has {len(unique)} fault" + ("s" if len(unique) > 1 else "")
        more = f"; the first {MAX_FAULTS} are told" if len(unique) > MAX_FAULTS else ""
        raise InvalidInputError("INVALID_MISSION", message + more, faults=unique[:MAX_FAULTS])


def _parsed(document_json: bytes) -> tuple[dict[str, Any] | None, list[Fault]]:
    if len(document_json) > MAX_DOCUMENT_BYTES:
        message = f"the document has {len(document_json)} bytes; at most {MAX_DOCUMENT_BYTES} are taken"
        return None, [Fault("", "TOO_LARGE", message)]
    try:
        raw = read_json(document_json)
    except DocumentError as error:
        return None, list(error.faults)
    if not isinstance(raw, dict):
        return None, [Fault("", "INVALID_JSON", "the document is no JSON object")]
    faults = list(islice(text_faults(raw, FILE_FIELDS), MAX_FAULTS))
    return (cleaned(raw) if faults else raw), faults


def _validated(raw: dict[str, Any]) -> tuple[MissionDocument | None, list[Fault], list[str]]:
    document, errors = _attempt(raw)
    if document is not None:
        return document, [], []
    faults = [_fault(error) for error in errors]
    mended = copy.deepcopy(raw)
    if all(_mend(mended, error) for error in errors):
        document, _ = _attempt(mended)
    return document, faults, [fault.path for fault in faults]


def _attempt(raw: dict[str, Any]) -> tuple[MissionDocument | None, list[Any]]:
    try:
        return MissionDocument.model_validate_json(json.dumps(raw)), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _fault(error: Any) -> Fault:
    location, kind = _own_location(error["loc"]), error["type"]
    code = _CODES.get(kind, kind if kind.isupper() else "INVALID_VALUE")
    message = error["msg"]
    if code == "UNKNOWN_FIELD":
        message = _unknown_field(location)
    elif code == "MISSING_FIELD":
        message = f"{location[-1]} is missing" + _example(location)
    elif code == "INVALID_VALUE" and isinstance(error["input"], str | int | float | bool | None):
        message = f"{repr(error['input'])[:_LONGEST_SHOWN]}: {message}" + _example(location)
    return Fault(path_of(location), code, message)


def _own_location(location: Location) -> Location:
    # A figure given as plain text has its faults on itself, not on the field `value` that it never wrote.
    parent = model_at(MissionDocument, location[:-1])
    is_value = parent is not None and issubclass(parent, Figure) and location[-1] == "value"
    return location[:-1] if is_value else location


def _unknown_field(location: Location) -> str:
    model = model_at(MissionDocument, location[:-1])
    allowed = sorted(model.model_fields) if model else []
    nearest = get_close_matches(shown_key(str(location[-1])), allowed, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]}? " if nearest else ""
    return f"{shown_key(str(location[-1]))!r} is not known here; {hint}allowed: {', '.join(allowed)}"


def _example(location: Location) -> str:
    model = model_at(MissionDocument, location)
    return f"; write it like '{model.example}'" if _is_figure(model) else ""  # type: ignore[union-attr]


def _is_figure(model: type[BaseModel] | None) -> bool:
    return model is not None and issubclass(model, Figure)


def _mend(raw: dict[str, Any], error: Any) -> bool:
    """Set a faulty field aside so that the rest can be read; return whether that was possible."""
    location = _own_location(error["loc"])
    if not location:
        return False
    parent: Any = value_at(raw, location[:-1])
    key: Any = location[-1]
    model = model_at(MissionDocument, location)
    if not (isinstance(parent, dict) if isinstance(key, str) else isinstance(parent, list)):
        return False
    if error["type"] == "extra_forbidden":
        del parent[key]
    elif _is_figure(model):
        parent[key] = error.get("ctx", {}).get("nearest", model.example)  # type: ignore[union-attr]
    elif error["type"] == "NAIVE_TIME":
        parent[key] = error["input"] + "Z"
    else:
        return False
    return True


def _lies_under(path: str, set_aside: Sequence[str]) -> bool:
    return any(path == other or path.startswith((other + ".", other + "[")) for other in set_aside if other)
