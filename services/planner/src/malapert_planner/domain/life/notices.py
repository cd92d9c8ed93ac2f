"""Notices: what has happened to what a plan holds since the plan was made. The plan itself stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from malapert_core.vocabulary.content_hash import content_hash


class NoticeKind(StrEnum):
    """Kind of what has changed."""

    REQUEST = "REQUEST"
    EXECUTION = "EXECUTION"
    OUTAGE = "OUTAGE"
    BOOKING = "BOOKING"
    INSTRUMENT = "INSTRUMENT"
    ACTIVITY_TYPE = "ACTIVITY_TYPE"
    MISSION = "MISSION"


REQUEST_GONE = frozenset({"CANCELLED", "REJECTED", "DECLINED"})
"""Changes after which a request is not asked for any more."""
BOOKING_LOST = frozenset({"CANCELLED", "REJECTED", "FAILED"})
"""Changes after which a plan has not the antenna time of a contact."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An agency's word that it knows of a notice, by whom and when."""

    agency_id: str
    principal_id: str
    time: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PlanNotice:
    """Notice on a plan: its change, reason, author and time.

    ``notice_id`` is made of what changed and which version of it, so that it is given once. ``subject_id`` is the
    request, outage, contact, instrument, type or mission version; ``item_ids`` are items of the plan that it touches,
    ``agency_ids`` the agencies whose items or rights it touches, empty where any may be: their approvals it makes void.
    It is open until somebody who plans the mission acknowledges it. ``salt`` keeps its hash from telling the subject to
    who guesses it; notices of before have none.
    """

    request_id: str
    change: str
    reason: str
    agency_id: str
    time: datetime
    notice_id: str = ""
    kind: NoticeKind = NoticeKind.REQUEST
    subject_id: str = ""
    item_ids: tuple[str, ...] = ()
    agency_ids: tuple[str, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    salt: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has acknowledged it."""
        return not self.acknowledgements

    @property
    def is_breaking(self) -> bool:
        """Whether the plan cannot be carried out as it is."""
        if self.kind is NoticeKind.REQUEST:
            return self.change in REQUEST_GONE
        return self.kind is NoticeKind.BOOKING and self.change in BOOKING_LOST

    def touches(self, agency_id: str) -> bool:
        """Tell whether it touches items or rights of an agency."""
        return not self.agency_ids or agency_id in self.agency_ids

    def acknowledged(self, by: Acknowledgement) -> PlanNotice:
        """Return the notice with an agency's word; one word an agency."""
        if any(by.agency_id == earlier.agency_id for earlier in self.acknowledgements):
            return self
        return replace(self, acknowledgements=(*self.acknowledgements, by))


def touched(
    parties: Mapping[str, Sequence[str]] | None, subjects: Iterable[str], agency_ids: Iterable[str]
) -> tuple[str, ...]:
    """Return the agencies that a change of some of what a plan holds touches, with those that it touches by right.

    ``parties`` are those of the plan's content; where they do not tell all of the subjects any agency may be touched,
    which an empty answer says.
    """
    found = [(parties or {}).get(subject) for subject in subjects]
    if not found or None in found:
        return ()
    return tuple(sorted({*agency_ids, *(name for names in found for name in names or ())} - {""}))


def notices_digest(notices: Iterable[PlanNotice], agency_id: str = "") -> str:
    """Return the hash of which notices there are, or of those that touch an agency: what an approval knew of."""
    touching = [notice for notice in notices if not agency_id or notice.touches(agency_id)]
    return content_hash(
        sorted(f"{notice.notice_id}#{notice.salt}" if notice.salt else notice.notice_id for notice in touching)
    )


def outages_in_force(notices: Iterable[PlanNotice]) -> list[PlanNotice]:
    """Return the notices of outages that were not taken back since."""
    known = list(notices)
    removed = {notice.subject_id for notice in known if notice.kind is NoticeKind.OUTAGE and notice.change == "REMOVED"}
    return [n for n in known if n.kind is NoticeKind.OUTAGE and n.change == "ADDED" and n.subject_id not in removed]
