"""The HTTP API, as this command line uses it."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from malapert_core.documents.plain_text import one_line

from malapert_cli.connection import Connection

if TYPE_CHECKING:
    from malapert_http_models.contracts.landing_site import Terrain
    from malapert_http_models.contracts.operation import Operation
    from malapert_http_models.wire import WireModel

Json = dict[str, Any]
Model = TypeVar("Model", bound="WireModel")
RECONNECT_LIMIT = 60
RECONNECT_PAUSE_S = 1.0
MOST_FAULTS = 20


class ApiError(Exception):
    """The platform refused a call: its problem document, for a person."""

    def __init__(self, problem: Json) -> None:
        self.reason = str(problem.get("reason", ""))
        self.faults: list[Json] = list(problem.get("errors") or [])
        lines = [f"{problem.get('title', 'error')}: {problem.get('detail', '')} [{self.reason}]"]
        lines += [f"  {fault.get('path')}: {fault.get('message')} [{fault.get('code')}]" for fault in self.faults]
        super().__init__("\n".join(lines))


class Api:
    """A connection to the HTTP API; a context manager."""

    def __init__(self, connection: Connection, *, timeout_s: float = 120.0) -> None:
        self._client = httpx.Client(
            base_url=f"{connection.url}/api/v1",
            headers={"Authorization": f"Bearer {connection.key}"},
            timeout=timeout_s,
        )

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close()

    def get(self, path: str, **parameters: Any) -> Json:
        """Return the JSON at a path."""
        return _json(self._client.get(path, params=parameters))

    def read(self, model: type[Model], path: str, **parameters: Any) -> Model:
        """Return the message at a path."""
        return message_of(model, self.get(path, **parameters))

    def send(self, model: type[Model], path: str, body: "WireModel") -> Model:
        """Send a message and return the one that answers. A repeat after a lost answer does nothing twice."""
        return message_of(model, self.post(path, body.model_dump(mode="json", exclude_unset=True)))

    def get_bytes(self, path: str, **parameters: Any) -> bytes:
        """Return a document at a path as it is."""
        response = self._client.get(path, params=parameters)
        _json(response) if response.is_error else None
        return response.content

    def post(self, path: str, body: Json | None = None, **parameters: Any) -> Json:
        """Send JSON and return the answer. A repeat after a lost answer does nothing twice."""
        return _json(
            self._client.post(path, json=body, params=parameters, headers={"Idempotency-Key": uuid.uuid4().hex})
        )

    def upload_terrain(self, path: Path, title: str = "", source: str = "") -> "Terrain":
        """Register a DEM file, or a zip archive of an image and its label, and return its terrain."""
        from malapert_http_models.contracts.landing_site import Terrain

        name = one_line(path.name)  # of any bytes, on Linux
        with path.open("rb") as file:
            response = self._client.post(
                "/terrains",
                params={"title": title or one_line(path.stem), "source": source or f"file {name}", "file_name": name},
                content=iter(lambda: file.read(1 << 20), b""),
                headers={"Content-Type": "application/octet-stream", "Idempotency-Key": uuid.uuid4().hex},
            )
        return message_of(Terrain, _json(response))

    def watch(self, operation_id: str) -> Iterator["Operation"]:
        """Yield the states of an operation until it ends, reconnecting when the stream breaks."""
        for _ in range(RECONNECT_LIMIT):
            try:
                for operation in self._stream(operation_id):
                    yield operation
                    if operation.state in ("SUCCEEDED", "FAILED", "CANCELLED"):
                        return
            except httpx.TransportError:
                time.sleep(RECONNECT_PAUSE_S)
        raise ApiError(
            {
                "title": "lost",
                "detail": f"operation {operation_id} cannot be followed any more",
                "reason": "UNAVAILABLE",
            }
        )

    def _stream(self, operation_id: str) -> Iterator["Operation"]:
        from malapert_http_models.contracts.operation import Operation

        with self._client.stream("GET", f"/operations/{operation_id}/events", timeout=None) as response:
            if response.is_error:
                response.read()
                _json(response)
            for line in response.iter_lines():
                if line.startswith("data:"):
                    yield message_of(Operation, json.loads(line[5:]))


def message_of(model: type[Model], answer: Json) -> Model:
    """Return an answer as the message that the contract has for it; a newer platform may tell more than is known here.

    Raises
    ------
    ApiError
        Where it is not such a message, with every field that is wrong.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(answer, extra="ignore")
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        faults = [
            {"path": ".".join(map(str, each["loc"])), "message": each["msg"], "code": each["type"]}
            for each in wrong[:MOST_FAULTS]
        ]
        detail = f"the answer is no {model.__name__} of this version, {len(wrong)} of its fields are wrong"
        raise ApiError(
            {"title": "unknown answer", "detail": detail, "reason": "UNKNOWN_ANSWER", "errors": faults}
        ) from error


def _json(response: httpx.Response) -> Json:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if response.is_success and isinstance(body, dict):
        return body
    if isinstance(body, dict) and "reason" in body:
        raise ApiError(body)
    where = f"{response.url.scheme}://{response.url.netloc.decode('ascii', 'replace')}"
    detail = f"what answers at {where} with status {response.status_code} is no Malapert: {response.text[:200]!r}"
    raise ApiError({"title": "unknown answer", "detail": detail, "reason": "UNKNOWN_ANSWER"})
