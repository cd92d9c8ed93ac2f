"""Nights of a mission: where its rover is while the Earth is out of view, and how long it may be without the Sun."""

from pydantic import Field

from malapert_planner.mission_document.figures import Sourced
from malapert_planner.mission_document.mission import Identifier
from malapert_planner.mission_document.quantities import Duration


class NightRule(Sourced):
    """Where the rover is in the nights of the Earth, and how long it may be in the dark.

    While the Earth is below a place's skyline for longer than ``max_without_earth`` the rover is there only where the
    place is one of ``havens``: elsewhere it is gone before the Earth sets, and comes back after it has risen. It is
    never without any of the Sun for longer than ``max_dark``, whatever its battery holds.
    """

    havens: list[Identifier] = Field(default_factory=list)
    max_without_earth: Duration | None = None
    max_dark: Duration | None = None
