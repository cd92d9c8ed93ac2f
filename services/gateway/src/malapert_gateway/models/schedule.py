"""Models of schedules that were read from CCSDS 902.1; they are no messages of any service."""

from malapert_http_models.contracts.vocabulary import Interval
from pydantic import BaseModel, ConfigDict, Field


class ReadActivity(BaseModel):
    """One activity of a schedule."""

    model_config = ConfigDict(frozen=True)

    activity_id: str = Field(description="Its identifier in the schedule.", examples=["LUPEX-W15-1"])
    package_id: str = Field(description="The package it is in.", examples=["LUPEX-W15"])
    user: str = Field(description="Who uses it.", examples=["LUPEX"])
    status: str = Field(description="AVAILABLE, TENTATIVE, COMMITTED or UNAVAILABLE.", examples=["TENTATIVE"])
    site_ref: str = Field(description="The site, as the provider names it.", examples=["IDSN"])
    aperture_ref: str = Field(description="The antenna, as the provider names it.", examples=["IDSN-32"])
    station_id: str = Field(
        description="The station of the catalogue with that name; empty where there is none.", examples=["isro-idsn-32"]
    )
    track: Interval = Field(description="The tracking time.")
    activity: Interval = Field(description="The time the antenna is taken; the tracking time where it is not stated.")
    services: list[str] = Field(description="Services and their bands.", examples=[["TELEMETRY X-DS"]])


class ReadSchedule(BaseModel):
    """A schedule."""

    model_config = ConfigDict(frozen=True)

    originator: str = Field(description="The organisation that sent it.", examples=["ISRO"])
    status: str = Field(description="TEST, PROVISIONAL, OPERATIONAL or OTHER.", examples=["PROVISIONAL"])
    version: str = Field(description="Its version.", examples=["1"])
    span: Interval = Field(description="What it covers.")
    activities: list[ReadActivity] = Field(description="Its activities, in their order.")
    passed_over: list[str] = Field(
        description="What it holds that is not used, such as parameters: how many of each, and the line of the first.",
        examples=[["2 stringParameter, the first in line 9"]],
    )
