"""Entry of a call into the mission that its request names, asked on every call before anything is done."""

from collections.abc import Awaitable, Callable

from google.protobuf.message import Message

from malapert_core.policy.calls import Call
from malapert_core.policy.charters import Charters, enter
from malapert_core.policy.identity import Identity

Entry = Callable[[Identity, Call, Message], Awaitable[None]]
"""Refuses a request for a mission in which the caller's agency has not the part of the call's row."""


def mission_entry(charters: Charters) -> Entry:
    """Return the entry of calls whose request names its mission."""

    async def require(identity: Identity, call: Call, request: Message) -> None:
        mission_id = getattr(request, "mission_id", "")
        if call.part is not None and mission_id:
            await enter(charters, identity, mission_id, call.part)

    return require
