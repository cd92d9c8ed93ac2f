"""Hostile calls of the HTTP API: examples of its OpenAPI document, mutated; each is fixed by its seed and number.

Two calls of three walk: one value of a call that is otherwise as it should be is put at one of its ends, each value and
end in its turn. The third is mutated at random, or carries a mutated file of the kind that it takes.
"""

import base64
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from hostile_values import mutated_body, word
from hostile_walk import Step, body_with, steps_of, with_names
from malapert_testing.openapi_examples import body_of, parameters_of
from reader_fuzz.targets import target_named

STREAMS = frozenset({"watch_events", "watch_operation"})
"""Operations that answer without an end."""
_TYPES = ("application/json", "text/csv", "application/xml", "text/plain", "multipart/form-data; boundary=x", "")
_CODINGS = ("gzip", "deflate", "br", "gzip, gzip", "chunked", "identity", "\x00")
_FILES = {
    "register_terrain": ("geotiff", "netcdf", "pds3-archive", "pds3-attached"),
    "register_orbiter": ("oem-text", "oem-xml", "two-line-elements", "spk"),
    "read_tracking_data": ("tdm-text", "tdm-xml"),
    "read_schedule": ("schedule-902",),
    "import_requests": ("requests-csv",),
    "import_plan": ("plan-529",),
    "create_mission": ("mission-json",),
}
"""Readers of `reader_fuzz` by the operation that takes their files."""
_IN_JSON = frozenset({"register_orbiter", "read_tracking_data"})


@dataclass
class HostileCall:
    """One call: method, address with its query, headers, body, and after which of its bytes the caller is gone."""

    operation: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: int | None = None


class HostileCalls:
    """Calls of every operation of a document.

    Parameters
    ----------
    document
        The OpenAPI document.
    names
        Identifiers of what is there, by the name that parameters and fields have for it; half of the calls name it.
    """

    def __init__(self, document: dict[str, Any], names: Mapping[str, str] | None = None) -> None:
        self._document = document
        self._names = dict(names or {})
        self._operations = [
            (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ]
        self._orders: dict[int, list[Step]] = {}

    @property
    def step_count(self) -> int:
        """Values and ends that a walk has."""
        return len(self._order(0))

    def call(self, seed: int, number: int) -> HostileCall:
        """Return a call; every operation and every end of a value has its turn."""
        rng = random.Random(f"{seed}-{number}")
        if number % 3:
            turn = number - number // 3 - 1
            return self._walked(rng, self._order(seed)[turn % self.step_count], f"walk-{seed}-{number}")
        return self._mutated(rng, self._operations[number // 3 % len(self._operations)], f"hostile-{seed}-{number}")

    def _order(self, seed: int) -> list[Step]:
        if seed not in self._orders:
            steps = [step for entry in self._operations for step in steps_of(self._document, *entry)]
            random.Random(seed).shuffle(steps)
            self._orders[seed] = steps
        return self._orders[seed]

    def _walked(self, rng: random.Random, step: Step, key: str) -> HostileCall:
        method, template, operation = step.entry
        named = self._names if rng.random() < 0.7 else {}
        path, query, headers = parameters_of(self._document, _named(template, named, step.at("path")), operation)
        query = {**query, **{name: named[name] for name in query if name in named}}
        headers.pop("Idempotency-Key", None)
        if step.where == "path":
            path = path.replace(f"{{{step.place[0]}}}", quote(str(step.value)[:2000], safe=""))
        elif step.where == "query":
            query[step.place[0]] = str(step.value)[:3000]
        elif step.where == "header":
            headers[step.place[0]] = str(step.value)[:3000].replace("\r", "").replace("\n", "") or key
        call = HostileCall(operation["operationId"], method.upper(), _with_query(path, list(query.items())), headers)
        for media_type in operation.get("requestBody", {}).get("content", {}):
            call.headers["Content-Type"] = media_type
            call.body = body_with(self._document, operation, media_type, step, named)
            break
        return call

    def _mutated(self, rng: random.Random, entry: tuple[str, str, dict[str, Any]], key: str) -> HostileCall:
        method, template, operation = entry
        named = self._names if rng.random() < 0.5 else {}
        path, query, headers = parameters_of(self._document, _named(template, named), operation)
        if rng.random() < 0.15:
            path = "/".join(quote(word(rng)[:2000]) if rng.random() < 0.3 else part for part in path.split("/"))
            path = "/" + path.lstrip("/")
        headers = {name: value for name, value in headers.items() if name != "Idempotency-Key" or rng.random() < 0.2}
        if "Idempotency-Key" in headers:
            headers["Idempotency-Key"] = key
        call = HostileCall(
            operation["operationId"], method.upper(), _with_query(path, _mutated_query(rng, query)), headers
        )
        contents = operation.get("requestBody", {}).get("content", {})
        if contents:
            media_type = rng.choice(list(contents))
            call.headers["Content-Type"] = rng.choice(_TYPES) if rng.random() < 0.02 else media_type
            body = body_of(self._document, media_type, contents[media_type]) or b""
            call.body = _file(rng, call) or mutated_body(rng, _naming(body, named))
            if rng.random() < 0.02:
                call.headers["Content-Encoding"] = rng.choice(_CODINGS[:-1])
            if rng.random() < 0.02 and len(call.body) > 1:
                call.cut = rng.randrange(len(call.body))
        return call


def _file(rng: random.Random, call: HostileCall) -> bytes:
    """Return a mutated file of the kind that an operation takes; half of the time, else and for others nothing."""
    if call.operation not in _FILES or rng.random() < 0.5:
        return b""
    name = rng.choice(_FILES[call.operation])
    target = target_named(name)
    content = target.mutate(rng, rng.choice(_seeds(name)))
    if call.operation == "import_requests":
        call.headers["Content-Type"] = "text/csv"
    elif call.operation == "register_terrain":
        call.headers["Content-Type"] = rng.choice(("application/octet-stream", "image/tiff"))
    if call.operation not in _IN_JSON:
        return content
    encoded = base64.b64encode(content).decode()
    if call.operation == "read_tracking_data":
        return json.dumps({"content": encoded}).encode()
    source = {"two-line-elements": "TLE", "spk": "SPK"}.get(name, "OEM")
    stated = {"orbiter_id": f"o-{rng.randrange(50)}", "position_error_km": 1.0, "origin": "a test", "naif_id": -155}
    return json.dumps({**stated, "source": source, "content": encoded}).encode()


@cache
def _seeds(name: str) -> list[bytes]:
    return list(target_named(name).seeds())


def _named(template: str, names: Mapping[str, str], walked: str = "") -> str:
    for name, value in names.items():
        if name != walked:
            template = template.replace(f"{{{name}}}", value)
    return template


def _naming(body: bytes, names: Mapping[str, str]) -> bytes:
    """Return a JSON body whose identifiers are of what is there."""
    try:
        tree = json.loads(body)
    except ValueError:
        return body
    return json.dumps(with_names(tree, names)).encode() if names else body


def _with_query(path: str, query: list[tuple[str, Any]]) -> str:
    pairs = [(name, each) for name, value in query for each in (value if isinstance(value, list) else [value])]
    text = urlencode([(name, str(value)) for name, value in pairs], errors="replace")
    return f"{path}?{text}" if text else path


def _mutated_query(rng: random.Random, query: dict[str, Any]) -> list[tuple[str, Any]]:
    found = [(name, each) for name, value in query.items() for each in (value if isinstance(value, list) else [value])]
    found = [pair for pair in found if rng.random() < 0.8]
    if found and rng.random() < 0.3:
        index = rng.randrange(len(found))
        found[index] = (found[index][0], word(rng)[:3000])
    if rng.random() < 0.03:
        found.append((word(rng)[:100] or "x", "1"))
    return found
