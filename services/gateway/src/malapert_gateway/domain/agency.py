"""Agencies that the installation admits, each with the public keys by which its signatures are known."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class AgencyState(StrEnum):
    """State of an agency: its keys work, or all of them are refused."""

    ADMITTED = "ADMITTED"
    SUSPENDED = "SUSPENDED"


@dataclass(frozen=True, slots=True)
class Agency:
    """An admitted agency.

    ``key_set`` are the public keys that were pinned, as JSON Web Keys; ``enrolled_time`` is when its first
    ADMINISTRATOR was made, after which no proof of its keys makes another.
    """

    agency_id: str
    name: str
    state: AgencyState
    key_set: tuple[dict[str, Any], ...]
    key_set_version: int
    admitted_time: datetime
    admitted_by: str
    enrolled_time: datetime | None = None
    suspended_time: datetime | None = None
    suspension_reason: str = ""
