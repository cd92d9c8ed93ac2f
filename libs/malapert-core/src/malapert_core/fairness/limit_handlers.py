"""gRPC service of limits, which every service registers."""

from collections.abc import Sequence
from typing import Any

from malapert.quota.v1 import limit_pb2, limit_pb2_grpc

from malapert_core.fairness.limit_use import LimitSource
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.mapping import to_message
from malapert_core.rpc.server import Registration

LIMIT_SERVICE = "malapert.quota.v1.LimitService"


class LimitHandlers(limit_pb2_grpc.LimitServiceServicer):
    """Serves what some sources tell of the caller's own limits, and of nobody else's."""

    def __init__(self, sources: Sequence[LimitSource]) -> None:
        self._sources = tuple(sources)

    async def GetLimits(  # noqa: N802
        self, request: limit_pb2.GetLimitsRequest, context: Any
    ) -> limit_pb2.GetLimitsResponse:
        """Return the limits of the caller."""
        identity = require_identity()
        uses = [use for source in self._sources for use in await source(identity)]
        return limit_pb2.GetLimitsResponse(limits=[to_message(use, limit_pb2.LimitUse) for use in uses])


def limit_registration(sources: Sequence[LimitSource]) -> Registration:
    """Return what a gRPC server needs to tell the limits of its callers."""
    return Registration(LIMIT_SERVICE, limit_pb2_grpc.add_LimitServiceServicer_to_server, LimitHandlers(sources))
