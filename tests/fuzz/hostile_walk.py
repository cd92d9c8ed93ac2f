"""Walk over every value of every call: each is put at all its ends while the rest of the call is as it should be."""

import copy
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hostile_values import DEEP, RAW, UNITS, written
from malapert_testing.openapi_examples import body_of
from reader_fuzz.extremes import NUMBERS, TIMES, WORDS

Entry = tuple[str, str, dict[str, Any]]
_DEPTH = 7
_MARKS = list(RAW)
_LONG = ("\u00e9" * 70_000, "\U0001f315" * 3000, "a\u0301" * 5000)
_OTHER_TYPES: tuple[Any, ...] = (None, True, [], {}, "", [[]], {"": None})
_NUMBERS: tuple[Any, ...] = (
    *_MARKS,
    *(-1, 0, 1, 2**31 - 1, 2**31, -(2**31) - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30),
    *(1e-300, 5e-324, 1e16, -1e12, 1e300, 1.7976931348623157e308, 0.1, -0.5),
)
_LISTS: tuple[Any, ...] = (*_OTHER_TYPES, [None], [{}] * 3000, [""] * 3000, [1.5] * 50, [[[[[[]]]]]])
_PLACED = (
    *WORDS,
    *TIMES[:6],
    *NUMBERS[:20],
    "9" * 40,
    "a" * 3000,
    "a,b",
    "\u00e9" * 200,
    "01a22a71-fe8b-7636-93de-8bf2bcf1dab6",
)


@dataclass(frozen=True)
class Step:
    """One value of a call and the end at which it is put: in its path, query, headers or body."""

    entry: Entry
    where: str
    place: tuple[Any, ...]
    value: Any
    full: bool = False

    def at(self, where: str) -> str:
        """Return the name of the parameter where the step is at one, else nothing."""
        return str(self.place[0]) if self.where == where else ""


def steps_of(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Iterator[Step]:
    """Steps over the parameters of an operation and the values of its JSON bodies."""
    entry = (method, path, operation)
    for parameter in operation.get("parameters", []):
        for value in _some(_PLACED, 30, path, parameter["name"]):
            yield Step(entry, parameter["in"], (parameter["name"],), value)
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if "json" in media_type:
            example = json.loads(body_of(document, media_type, content) or b"{}")
            usual = set()
            for place, value in _values(example, ()):
                usual.add(_shape(place))
                yield from (Step(entry, "body", place, end) for end in _ends(place, value))
            for place, value in _values(_full(document, content["schema"], 0), ()):
                if _shape(place) not in usual:
                    yield from (Step(entry, "body", place, end, full=True) for end in _ends(place, value))


def body_with(
    document: dict[str, Any], operation: dict[str, Any], media_type: str, step: Step, names: Mapping[str, str]
) -> bytes:
    """Return a body of an operation with the value of a step in its place, else as it should be."""
    content = operation["requestBody"]["content"][media_type]
    body = body_of(document, media_type, content) or b""
    if "json" not in media_type:
        return body
    tree = with_names(json.loads(body or b"{}"), names)
    if step.where == "body":
        full = with_names(_full(document, content["schema"], 0), names) if step.full else None
        tree = _put(tree, full, step.place, step.value)
    return written(tree)


def with_names(tree: Any, names: Mapping[str, str]) -> Any:
    """Return a tree whose identifiers are those of what is there, by the names of its fields."""
    if isinstance(tree, list):
        return [with_names(each, names) for each in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: names[key] if key in names and isinstance(value, str) else with_names(value, names)
        for key, value in tree.items()
    }


def _put(tree: Any, full: Any, place: tuple[Any, ...], value: Any) -> Any:
    """Return a tree with a value in a place; what is missing on the way there is taken from the full one."""
    if not place:
        return value
    key, *rest = place
    changed = copy.copy(tree)
    if isinstance(full, dict | list) and not isinstance(changed, type(full)):
        changed = copy.copy(full)
    if isinstance(changed, dict):
        has = key in changed
    else:
        has = isinstance(changed, list) and isinstance(key, int) and key < len(changed)
    below_full = full[key] if isinstance(full, dict) and key in full else None
    if isinstance(full, list) and isinstance(key, int) and key < len(full):
        below_full = full[key]
    if isinstance(changed, list) and not has:
        changed.append(below_full)
        key = len(changed) - 1
    below = changed[key] if has else below_full
    changed[key] = _put(below, below_full, tuple(rest), value)
    return changed


def _shape(place: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple("*" if isinstance(key, int) else key for key in place)


def _values(tree: Any, at: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield at, tree
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _values(value, (*at, key))
    elif isinstance(tree, list) and tree:
        yield from _values(tree[0], (*at, 0))


def _ends(place: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    key = str(place[-1]) if place else ""
    if isinstance(value, dict):
        return (*_OTHER_TYPES, _MARKS[-1])
    if isinstance(value, list):
        return _LISTS
    if isinstance(value, bool | int | float) or key.endswith(("_s", "_km", "_deg", "_w", "_bit", "_m")):
        return (*_OTHER_TYPES, *_NUMBERS)
    if "time" in key or key in ("start", "end", "since", "until"):
        return (*_OTHER_TYPES, *TIMES, *WORDS[:8])
    if "unit" in key:
        return (*_OTHER_TYPES, *UNITS, *WORDS)
    words = _some((*WORDS, *TIMES[:3], *_LONG, *_MARKS[-len(DEEP) :]), 24, *place)
    return (*_OTHER_TYPES, *words, 7, -1.5)


def _some(values: tuple[Any, ...], count: int, *place: Any) -> list[Any]:
    """Return some of the values, other ones at each place."""
    return random.Random(repr(place)).sample(values, count)


def _full(document: dict[str, Any], schema: dict[str, Any], depth: int) -> Any:
    """Return a value of a schema with every property that it knows, as its examples have them."""
    if "$ref" in schema:
        return _full(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth)
    if "anyOf" in schema:
        return _full(document, schema["anyOf"][0], depth)
    if "properties" in schema and depth < _DEPTH:
        return {name: _full(document, part, depth + 1) for name, part in schema["properties"].items()}
    if schema.get("type") == "array" and depth < _DEPTH:
        return [_full(document, schema["items"], depth + 1)]
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    return {"integer": 1, "number": 1.0, "boolean": False, "object": {}, "array": []}.get(str(schema.get("type")), "a")
