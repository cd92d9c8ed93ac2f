"""Keep-outs from and to protobuf messages."""

from __future__ import annotations

from collections.abc import Iterable

from malapert.landing_site.v1 import terrain_pb2
from malapert_core.rpc.mapping import to_domain

from malapert_landing_site.domain.keep_out import KeepOut
from malapert_landing_site.handlers.messages import place_of


def keep_outs_of(messages: Iterable[terrain_pb2.KeepOut]) -> tuple[KeepOut, ...]:
    """Return the keep-outs that messages state."""
    return tuple(to_domain(message, KeepOut, center=place_of(message.center)) for message in messages)
