"""The model of an event in the feed."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from malapert_http_models.wire import UtcTime
from pydantic import BaseModel, ConfigDict, Field, Strict


class EventVisibility(StrEnum):
    """Audience of an event."""

    PUBLIC = "PUBLIC"  # Everybody with a key.
    MISSION = "MISSION"  # The agencies of the mission.
    OWNER = "OWNER"  # The owner agency and the other parties alone.


class EventNotice(BaseModel):
    """A fact that a service announced."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    event_id: str = Field(description="Identifier.", examples=["0199e0a2-7c1d-7e53-9a40-0b7e3f9c2d11"])
    type: str = Field(description="What happened.", examples=["malapert.planner.v1.plan.released"])
    source: str = Field(description="Who announced it.", examples=["/malapert/planner"])
    time: UtcTime = Field(description="When it was decided.", examples=["2026-11-22T12:00:00Z"])
    entity_id: str = Field(description="The object it is about.", examples=["plan-5d21"])
    agency_id: str = Field(description="The owner; empty where nobody owns it.", examples=["JAXA"])
    mission_id: str = Field(description="The mission it is about; empty for none.", examples=["lupex"])
    visibility: Annotated[EventVisibility, Strict(False)] = Field(description="Who may see it.", examples=["MISSION"])
    data: dict[str, Any] = Field(
        description="What it says: the event's message, in the same form as elsewhere in this API.",
        examples=[{"plan": {"plan_id": "plan-5d21", "state": "RELEASED"}}],
    )


class EventGap(BaseModel):
    """Notice that events before this place of the feed may be missed, or come a second time."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    reason: Literal["EVENTS_MAY_BE_MISSED"] = Field(
        default="EVENTS_MAY_BE_MISSED", description="Why this is told.", examples=["EVENTS_MAY_BE_MISSED"]
    )
    areas: list[str] = Field(description="The services whose events are meant.", examples=[["planner"]])
