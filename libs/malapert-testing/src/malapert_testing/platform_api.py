"""The client of the API, and beside its methods plain calls by path, for tests of what the platform says."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malapert_cli.terrain.upload import upload_terrain
from malapert_client import Client
from malapert_client.calling import refusal

if TYPE_CHECKING:
    import httpx
    from malapert_http_models.contracts.landing_site import Terrain
    from malapert_http_models.contracts.operation import Operation

Json = dict[str, Any]


class Api(Client):
    """A client that also makes calls by their paths, once each."""

    def get(self, path: str, **parameters: Any) -> Json:
        """Return the JSON at a path."""
        return _json(self._caller.http.get(f"/api/v1{path}", params=parameters))

    def get_bytes(self, path: str, **parameters: Any) -> bytes:
        """Return a document at a path as it is."""
        response = self._caller.http.get(f"/api/v1{path}", params=parameters)
        if response.is_error:
            raise refusal(response)
        return bytes(response.content)

    def post(self, path: str, body: Json | None = None, **parameters: Any) -> Json:
        """Send JSON and return the answer."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return _json(self._caller.http.post(f"/api/v1{path}", json=body, params=parameters, headers=headers))

    def watch(self, operation_id: str) -> Iterator["Operation"]:
        """Yield the states of an operation until it ends."""
        return iter(self.watch_operation(operation_id))

    def upload_terrain(self, path: Path) -> "Terrain":
        """Register a DEM file and return its terrain."""
        return upload_terrain(self, path)


def _json(response: "httpx.Response") -> Json:
    if not response.is_success:
        raise refusal(response)
    body: Json = response.json()
    return body
