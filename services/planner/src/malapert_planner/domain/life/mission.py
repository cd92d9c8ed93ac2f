"""A mission version: immutable once taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ListedMission:
    """A mission version as a listing tells it, without its document."""

    mission_id: str
    version: int
    title: str
    agency_ids: tuple[str, ...]
    reviewer_agency_ids: tuple[str, ...]
    start_time: datetime
    end_time: datetime
    content_hash: str
    owner_agency_id: str
    created_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission(ListedMission):
    """A mission version, with its document as canonical JSON in which every figure carries source and confidence."""

    document_json: bytes
    catalogue_hash: str
