"""Hostile values: what a body is mutated to, and texts that no writer of JSON would write."""

import copy
import json
import random
from typing import Any

from reader_fuzz.extremes import CONTROLS, ENCODINGS, NUMBERS, TIMES, WORDS

_LARGE_SHARE = 0.004
UNITS = ("kg*" * 11_000, "m" * 33_000, "W**" * 300, "kg^99999999", "1e999 m", "bit/s" * 20, "(" * 900, "∞")


def mutated_body(rng: random.Random, body: bytes) -> bytes:
    """Return another body: a tree with other values, other bytes, or now and then the same."""
    if rng.random() < 0.03:
        return body
    try:
        tree = json.loads(body)
    except ValueError:
        return _mutated_bytes(rng, body)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        tree = _mutated_tree(rng, tree)
    mutated = _twice(rng, tree) if isinstance(tree, dict) and rng.random() < 0.02 else written(tree)
    return _mutated_bytes(rng, mutated) if rng.random() < 0.1 else mutated


def written(tree: Any) -> bytes:
    """Return a tree as JSON, with the texts that stand for themselves."""
    text = json.dumps(tree, ensure_ascii=False)
    for mark in RAW:
        if mark in text:
            text = text.replace(f'"{mark}"', RAW[mark])
    return text.encode("utf-8", "surrogatepass")


def _twice(rng: random.Random, tree: dict[str, Any]) -> bytes:
    """Return an object that says one of its keys twice, with another value."""
    if not tree:
        return b'{"a":1,"a":2}'
    key = rng.choice(list(tree))
    return written({key: _value(rng)})[:-1] + b"," + written(tree)[1:]


DEEP = ("[" * 900 + "]" * 900, '{"a":' * 80 + "1" + "}" * 80, "[" * 40_000, '{"a":[' * 3000 + "]}" * 3000)
RAW = {f"raw-{index}-": text for index, text in enumerate((*NUMBERS, *DEEP))}
"""Texts that json.dumps would not write as they stand, by what stands for them until then."""


def _mutated_tree(rng: random.Random, tree: Any) -> Any:
    places = list(places_of(tree, ()))
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
        parent[word(rng)[:5000]] = parent[key]
    elif kind < 0.3 and isinstance(parent, dict):
        parent[f"{key}_"] = parent.pop(key)
    elif kind < 0.42 and isinstance(parent[key], list):
        parent[key] = parent[key] * _count(rng)
    elif kind < 0.45:
        parent[key] = [rng.choice(({}, None, "", 0, [], "a", {"a": []}))] * _count(rng)
    elif kind < 0.5 and "unit" in str(key):
        parent[key] = rng.choice(UNITS)
    else:
        parent[key] = _value(rng)
    return changed


def places_of(tree: Any, at: tuple[Any, ...]) -> Any:
    yield at
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from places_of(value, (*at, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree[:5]):
            yield from places_of(value, (*at, index))


def _count(rng: random.Random) -> int:
    if rng.random() < _LARGE_SHARE * 10:
        return rng.choice((2_000, 20_000, 200_000))
    return rng.choice((0, 2, 3, 20, 120))


def _value(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(list(RAW))
    if kind < 0.45:
        return rng.choice((1e300, -1e300, 1e16, -1e12, 2**31, 2**63, 2**64, -1, 0, 1e-300, 1e10, 10**30))
    if kind < 0.55:
        return rng.choice(TIMES)
    if kind < 0.8:
        return word(rng)
    if kind < 0.85:
        return rng.choice(UNITS)
    return rng.choice((None, True, False, [], {}, [[]], [None], {"": None}, ["a"] * 50, [1.5] * 50, "A" * 5000))


def word(rng: random.Random) -> str:
    """Return a word that is easily misread."""
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
