"""Acts on a plan: what was done to it, by which principal of which agency, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PlanAction(StrEnum):
    """What was done to a plan."""

    CREATED = "CREATED"
    SUBMITTED = "SUBMITTED"
    RELEASED = "RELEASED"
    SUPERSEDED = "SUPERSEDED"
    TERMINATED = "TERMINATED"
    ARCHIVED = "ARCHIVED"
    RESTORED = "RESTORED"


@dataclass(frozen=True, slots=True)
class PlanAct:
    """An act on a plan. ``principal_id`` is the person or machine, empty where that was not recorded."""

    action: PlanAction
    agency_id: str
    principal_id: str
    time: datetime
    reason: str = ""
