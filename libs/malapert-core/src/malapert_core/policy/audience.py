"""Audience of a thing or an event."""

from enum import StrEnum


class Visibility(StrEnum):
    """Audience: everybody whom the mission shows it, the agencies of the mission, or the owner agency alone."""

    PUBLIC = "public"
    MISSION = "mission"
    OWNER = "owner"
