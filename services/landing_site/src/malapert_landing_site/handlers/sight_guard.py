"""Guard of a gRPC service: a call that names a thing which the caller does not see is answered as if it were not."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.message import Message

from malapert_landing_site.services.access import Access

KINDS = {
    "terrain_id": "terrain",
    "terrain_stack_id": "terrain stack",
    "site_search_id": "site search",
    "site_id": "site",
    "product_set_id": "product set",
}
"""Kind of thing by the field of a request that names it."""


class SightGuard:
    """Servicer that asks before each call whether the caller sees what it names.

    Parameters
    ----------
    servicer
        The servicer behind it.
    access : Access
    """

    def __init__(self, servicer: Any, access: Access) -> None:
        self._servicer = servicer
        self._access = access

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the guarded method of a name."""
        method = getattr(self._servicer, name)

        async def unary(request: Any, context: Any) -> Any:
            await self._require(request)
            return await method(request, context)

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            await self._require(request)
            async for response in method(request, context):
                yield response

        return stream if inspect.isasyncgenfunction(method) else unary

    async def _require(self, request: Any) -> None:
        if not isinstance(request, Message):
            return
        for field, kind in KINDS.items():
            if field in request.DESCRIPTOR.fields_by_name:
                await self._access.require(kind, getattr(request, field))
