"""Hostile calls of the HTTP API: examples of its OpenAPI document, mutated; each is fixed by its seed and number."""

import copy
import json
import random
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from malapert_testing.openapi_examples import body_of, parameters_of
from reader_fuzz.extremes import CONTROLS, ENCODINGS, NUMBERS, TIMES, WORDS

_NEVER_ENDING = ("watch_events", "watch_operation", "get_readiness")
_LARGE_SHARE = 0.004
_UNITS = ("kg*" * 11_000, "m" * 33_000, "W**" * 300, "kg^99999999", "1e999 m", "bit/s" * 20, "(" * 900, "∞")
_TYPES = ("application/json", "text/csv", "application/xml", "text/plain", "multipart/form-data; boundary=x", "")


@dataclass
class HostileCall:
    """One call: method, address with its query, headers, body."""

    operation: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class HostileCalls:
    """Calls of every operation of a document.

    Parameters
    ----------
    document
        The OpenAPI document.
    mission_id
        A mission that is there, which half of the calls name.
    """

    def __init__(self, document: dict[str, Any], mission_id: str = "lupex") -> None:
        self._document = document
        self._mission_id = mission_id
        self._operations = [
            (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if operation["operationId"] not in _NEVER_ENDING
        ]

    def call(self, seed: int, number: int) -> HostileCall:
        """Return a call; every operation has its turn."""
        rng = random.Random(f"{seed}-{number}")
        method, template, operation = self._operations[number % len(self._operations)]
        if rng.random() < 0.5:
            template = template.replace("{mission_id}", self._mission_id)
        path, query, headers = parameters_of(self._document, template, operation)
        if rng.random() < 0.15:
            path = "/".join(quote(_word(rng)[:2000]) if rng.random() < 0.3 else part for part in path.split("/"))
            path = "/" + path.lstrip("/")
        query = _mutated_query(rng, query)
        headers = {name: value for name, value in headers.items() if name != "Idempotency-Key" or rng.random() < 0.2}
        if "Idempotency-Key" in headers:
            headers["Idempotency-Key"] = f"hostile-{seed}-{number}"
        text = "&".join(f"{quote(name)}={quote(str(value))}" for name, value in query)
        call = HostileCall(operation["operationId"], method.upper(), f"{path}?{text}" if text else path, headers)
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            call.headers["Content-Type"] = rng.choice(_TYPES) if rng.random() < 0.02 else media_type
            call.body = _mutated_body(rng, body_of(self._document, media_type, content) or b"")
            break
        return call


def _mutated_query(rng: random.Random, query: dict[str, Any]) -> list[tuple[str, Any]]:
    found = [(name, each) for name, value in query.items() for each in (value if isinstance(value, list) else [value])]
    found = [pair for pair in found if rng.random() < 0.8]
    if found and rng.random() < 0.3:
        index = rng.randrange(len(found))
        found[index] = (found[index][0], _word(rng)[:3000])
    if rng.random() < 0.03:
        found.append((_word(rng)[:100] or "x", "1"))
    return found


def _mutated_body(rng: random.Random, body: bytes) -> bytes:
    if rng.random() < 0.03:
        return body
    try:
        tree = json.loads(body)
    except ValueError:
        return _mutated_bytes(rng, body)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        tree = _mutated_tree(rng, tree)
    text = json.dumps(tree)
    for mark in _RAW:
        if mark in text:
            text = text.replace(f'"{mark}"', _RAW[mark])
    mutated = text.encode("utf-8", "surrogatepass")
    return _mutated_bytes(rng, mutated) if rng.random() < 0.1 else mutated


_RAW = {
    f"raw-{index}": text for index, text in enumerate((*NUMBERS, "[" * 900 + "]" * 900, '{"a":' * 80 + "1" + "}" * 80))
}
"""Texts that json.dumps would not write as they stand, by what stands for them until then."""


def _mutated_tree(rng: random.Random, tree: Any) -> Any:
    places = list(_places(tree, ()))
    place = rng.choice(places)
    if not place:
        return rng.choice((tree, [tree], None, 1, "x", [], {}, [tree] * 50))
    changed = copy.deepcopy(tree)
    parent = changed
    for key in place[:-1]:
        parent = parent[key]
    key, kind = place[-1], rng.random()
    if kind < 0.15:
        del parent[key]
    elif kind < 0.25 and isinstance(parent, dict):
        parent[_word(rng)[:5000]] = parent[key]
    elif kind < 0.3 and isinstance(parent, dict):
        parent[f"{key}_"] = parent.pop(key)
    elif kind < 0.42 and isinstance(parent[key], list):
        parent[key] = parent[key] * _count(rng)
    elif kind < 0.45:
        parent[key] = [{}] * _count(rng)
    elif kind < 0.5 and "unit" in str(key):
        parent[key] = rng.choice(_UNITS)
    else:
        parent[key] = _value(rng)
    return changed


def _places(tree: Any, at: tuple[Any, ...]) -> Any:
    yield at
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _places(value, (*at, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree[:5]):
            yield from _places(value, (*at, index))


def _count(rng: random.Random) -> int:
    if rng.random() < _LARGE_SHARE * 10:
        return rng.choice((2_000, 20_000, 200_000))
    return rng.choice((0, 2, 3, 20, 120))


def _value(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(list(_RAW))
    if kind < 0.45:
        return rng.choice((1e300, -1e300, 1e16, -1e12, 2**31, 2**63, 2**64, -1, 0, 1e-300, 1e10, 10**30))
    if kind < 0.55:
        return rng.choice(TIMES)
    if kind < 0.8:
        return _word(rng)
    if kind < 0.85:
        return rng.choice(_UNITS)
    return rng.choice((None, True, False, [], {}, [[]], [None], {"": None}, ["a"] * 50, [1.5] * 50, "A" * 5000))


def _word(rng: random.Random) -> str:
    word = rng.choice(WORDS)
    return word + rng.choice(CONTROLS) if rng.random() < 0.1 else word


def _mutated_bytes(rng: random.Random, body: bytes) -> bytes:
    kind = rng.random()
    if kind < 0.3 and body:
        at = rng.randrange(len(body))
        return body[:at] + rng.randbytes(rng.choice((1, 4, 40))) + body[at + rng.choice((0, 1, 5)) :]
    if kind < 0.5:
        return body[: rng.randrange(len(body) + 1)]
    if kind < 0.65:
        return body.decode("utf-8", "replace").encode(rng.choice(ENCODINGS), "replace")
    if kind < 0.9:
        lines = body.split(b"\n")
        rng.shuffle(lines)
        return b"\n".join(lines * rng.choice((1, 2, 50)))
    return body * (rng.choice((100, 3000)) if rng.random() < 0.1 else 2)
