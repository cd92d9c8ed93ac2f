"""Keep-outs from and to protobuf messages."""

from __future__ import annotations

from collections.abc import Iterable

from malapert.landing_site.v1 import terrain_pb2

from malapert_landing_site.domain.keep_out import KeepOut
from malapert_landing_site.handlers.messages import place_of, point_message


def keep_outs_of(messages: Iterable[terrain_pb2.KeepOut]) -> tuple[KeepOut, ...]:
    """Return the keep-outs that messages state."""
    return tuple(KeepOut(message.title, place_of(message.center), message.radius_m) for message in messages)


def keep_out_message(keep_out: KeepOut) -> terrain_pb2.KeepOut:
    """Return the message of a keep-out."""
    return terrain_pb2.KeepOut(title=keep_out.title, center=point_message(keep_out.center), radius_m=keep_out.radius_m)
