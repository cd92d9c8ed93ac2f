"""The feed of the platform's events."""

from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from malapert_core.errors import Fault, InvalidInputError, MalapertError
from malapert_core.events.registry import event_types
from malapert_core.policy.audience import Visibility

from malapert_gateway import problems
from malapert_gateway.conversion import to_values
from malapert_gateway.models.event import EventGap, EventNotice, EventVisibility
from malapert_gateway.routes.guarded import StreamRoute
from malapert_gateway.routes.parameters import CallerCredentials, CallerIdentity, GatewayParts, only, only_these
from malapert_gateway.services.event_feed import EventFilter, FeedEntry
from malapert_gateway.services.feed_cursor import FeedCursor
from malapert_gateway.streams import until

router = APIRouter(prefix="/events", tags=["events"], route_class=StreamRoute)


async def start_cursor(
    gateway: GatewayParts,
    header: Annotated[
        str,
        Header(alias="Last-Event-ID", max_length=500, description="The id of the last event that was received."),
    ] = "",
    last_event_id: Annotated[
        str, Query(max_length=500, description="The same, for clients that cannot send the header.")
    ] = "",
) -> FeedCursor:
    """Return where the feed begins; refuses an unusable id before a stream begins."""
    return await gateway.feed.start_cursor(header or last_event_id)


def known_types(
    types: Annotated[
        list[str] | None,
        Query(description="Only these types; none means all.", examples=[["malapert.planner.v1.plan.released"]]),
    ] = None,
) -> frozenset[str]:
    """Return the types of events that are wanted; refuses what is none before the feed begins."""
    known = event_types()
    faults = [
        Fault(f"types[{index}]", "UNKNOWN_EVENT_TYPE", f"{name[:100]!r} is no type of event; known: {', '.join(known)}")
        for index, name in enumerate(types or ())
        if name not in known
    ]
    if faults:
        raise InvalidInputError("INVALID_REQUEST", "the feed would tell nothing of what is no type", faults=faults)
    return frozenset(types or ())


@router.get("", response_class=EventSourceResponse)
async def watch_events(
    request: Request,
    gateway: GatewayParts,
    identity: CallerIdentity,
    credentials: CallerCredentials,
    start: Annotated[FeedCursor, Depends(start_cursor)],
    types: Annotated[frozenset[str], Depends(known_types)],
    visibilities: Annotated[list[EventVisibility] | None, only_these("events that these may see")] = None,
    mission_id: Annotated[str, only("mission", "lupex")] = "",
    agency_id: Annotated[str, only("agency", "JAXA")] = "",
) -> AsyncIterable[ServerSentEvent]:
    """Stream events as server-sent events: live, or on from the last one received; only what the caller may see.

    The feed begins with an event named `open`; every other event is named `event`, its data is an `EventNotice` and its
    id the place to resume from. Where the feed ends, connect again with that id: nothing is lost within 30 days.

    An event named `gap` after `open` says, as an `EventGap`, that this cannot be promised for some areas, whose events
    the broker has dropped or lost: they are sent again as far as they are left, so that some may come a second time
    under the same `event_id`. Read what you keep of these areas anew.
    """
    wanted = EventFilter(
        types=types,
        visibilities=frozenset(Visibility[each] for each in visibilities or ()),
        mission_id=mission_id,
        agency_id=agency_id,
    )
    yield ServerSentEvent(event="open", id=start.text, raw_data="{}")
    if start.gap_areas:
        yield ServerSentEvent(event="gap", id=start.text, data=EventGap(areas=list(start.gap_areas)))
    try:
        async for entry in until(
            gateway.stream_ended(identity, credentials), gateway.feed.entries(identity, start, wanted)
        ):
            yield ServerSentEvent(data=notice_of(entry), event="event", id=entry.cursor.text)
    except MalapertError as error:
        yield ServerSentEvent(data=problems.problem_of(request, error), event="error")


def notice_of(entry: FeedEntry) -> EventNotice:
    """Return what the feed tells of an event."""
    event = entry.event
    return EventNotice(
        event_id=event.event_id,
        type=event.subject,
        source=event.source,
        time=event.time,
        entity_id=event.entity_id,
        agency_id=event.agency_id,
        mission_id=entry.mission_id,
        visibility=EventVisibility[event.visibility.name],
        data={} if entry.message is None else to_values(entry.message),
    )
