"""Limits of a caller over the whole platform: those of this gateway, and those that the services keep."""

import asyncio
from collections.abc import Mapping
from typing import Any

from malapert.quota.v1 import limit_pb2
from malapert_core.errors import UnavailableError
from malapert_core.fairness.limit_use import LimitUse
from malapert_core.policy.identity import Identity
from malapert_core.rpc.mapping import to_domain

from malapert_gateway.services.admission import Admission
from malapert_gateway.services.clients import ServiceName
from malapert_gateway.services.open_streams import OpenStreams

OWN = "gateway"
_DEADLINE_S = 2.0


class LimitDirectory:
    """Finds the limits of a caller.

    Parameters
    ----------
    admission, streams
        What this gateway limits.
    stubs
        Stub of the limits of each service.
    """

    def __init__(self, admission: Admission, streams: OpenStreams, stubs: Mapping[ServiceName, Any]) -> None:
        self._admission = admission
        self._streams = streams
        self._stubs = stubs

    async def of(self, identity: Identity) -> dict[str, list[LimitUse] | None]:
        """Return the limits of a caller by who keeps them, None for a service that does not answer now."""
        found = await asyncio.gather(*(self._told(stub) for stub in self._stubs.values()))
        own = [*await self._admission.used(identity), *self._streams.used(identity)]
        return {OWN: own, **dict(zip(self._stubs, found, strict=True))}

    async def _told(self, stub: Any) -> list[LimitUse] | None:
        try:
            answer = await stub.GetLimits(limit_pb2.GetLimitsRequest(), timeout=_DEADLINE_S)
        except UnavailableError:
            return None
        return [to_domain(each, LimitUse, period_s=None) for each in answer.limits]
