"""Content of a plan: made once and never changed, whatever becomes of the plan."""

from dataclasses import dataclass, field
from datetime import datetime

from malapert_planner.domain.schedule.result import SolveStatus


@dataclass(frozen=True, slots=True)
class PlanContact:
    """Contact of a plan with one antenna: the tracking time and the window that it was taken from.

    The antenna is taken ``setup_s`` before and ``teardown_s`` after, 0 where that was not recorded.
    """

    station_id: str
    start_time: datetime
    end_time: datetime
    window_id: str
    setup_s: int = 0
    teardown_s: int = 0


@dataclass(frozen=True, slots=True)
class PlanContent:
    """Content of a plan, made once and never changed.

    ``message`` is the plan as a serialised ``malapert.planner.v1.Plan`` without what changes in its life; ``headline``
    the same without its items and its provenance. ``problem`` and ``schedule`` are what it was made from, as
    compressed JSON. ``owner_only_requests`` are those in the plan, or left out of it, that their agency alone sees
    whole, with that agency. ``parties`` are the agencies that a change of what the plan holds touches, by what it is:
    ``requests[ID]``, ``items[ID]`` (an instrument or activity type) or ``contacts[NUMBER]``.
    """

    mission_id: str
    mission_version: int
    asset_id: str
    status: SolveStatus
    content_hash: str
    problem_hash: str
    window_set_id: str
    message: bytes
    headline: bytes
    problem: bytes
    schedule: bytes
    contacts: tuple[PlanContact, ...]
    planned_requests: dict[str, int]
    owner_only_requests: dict[str, str] = field(default_factory=dict)
    parties: dict[str, list[str]] = field(default_factory=dict)
