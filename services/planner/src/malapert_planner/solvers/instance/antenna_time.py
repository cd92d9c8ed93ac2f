"""Antenna time: what contacts take of quotas, and what they leave.

What a contact takes of its antenna is reckoned with the longest set-up and teardown of the station's windows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from malapert_planner.domain.problem.contact_windows import AntennaQuota
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedContact


def lies_apart(
    problem: PlanningProblem, station_id: str, span: Span, guard_s: int, contacts: Iterable[PlacedContact]
) -> bool:
    """Return whether a contact lies apart from others: by a guard of the same station, by the hand-over of others."""
    for contact in contacts:
        apart_s = guard_s if contact.station_id == station_id else problem.hand_over_s
        if overlap_s((contact.span[0] - apart_s, contact.span[1] + apart_s), span):
            return False
    return True


@dataclass(frozen=True)
class Quotas:
    """The quotas of a problem, by number, with the set-up and teardown of each station."""

    quotas: tuple[AntennaQuota, ...]
    guards_s: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, problem: PlanningProblem) -> Quotas:
        """Return the quotas of a problem."""
        guards: dict[str, tuple[int, int]] = {}
        for window in problem.contact_windows if problem.antenna_quotas else ():
            setup_s, teardown_s = guards.get(window.station_id, (0, 0))
            guards[window.station_id] = max(setup_s, window.setup_s), max(teardown_s, window.teardown_s)
        return cls(problem.antenna_quotas, guards)

    def taken_s(self, station_id: str, span: Span) -> list[int]:
        """Return what a contact takes of each quota."""
        setup_s, teardown_s = self.guards_s.get(station_id, (0, 0))
        occupied = span[0] - setup_s, span[1] + teardown_s
        return [overlap_s(occupied, each.span) if station_id in each.station_ids else 0 for each in self.quotas]

    def left_s(self, contacts: Iterable[PlacedContact]) -> list[int]:
        """Return what some contacts leave of each quota, below zero where they take too much."""
        left = [quota.left_s for quota in self.quotas]
        if not left:
            return left
        for contact in contacts:
            left = self.after(left, contact.station_id, contact.span)
        return left

    def after(self, left_s: list[int], station_id: str, span: Span, sign: int = 1) -> list[int]:
        """Return what is left of each quota with a contact more, or one less where the sign is negative."""
        return [each - sign * taken for each, taken in zip(left_s, self.taken_s(station_id, span), strict=True)]

    def admit(self, left_s: list[int], station_id: str, span: Span) -> bool:
        """Return whether what is left suffices for a contact; a quota that it takes nothing of may be overdrawn."""
        taken_s = self.taken_s(station_id, span) if left_s else ()
        return all(not taken or taken <= left for left, taken in zip(left_s, taken_s, strict=True))

    def room_s(self, left_s: list[int], station_id: str, span: Span) -> int:
        """Return for how long a contact within a span can surely last."""
        room_s, guard_s = span[1] - span[0], sum(self.guards_s.get(station_id, (0, 0)))
        for left, taken in zip(left_s, self.taken_s(station_id, span) if left_s else (), strict=True):
            if taken > left:
                room_s = min(room_s, left - guard_s)
        return max(room_s, 0)

    def are_kept(self, contacts: Iterable[PlacedContact]) -> bool:
        """Return whether contacts take no more than there is."""
        return all(left >= 0 for left in self.left_s(contacts))
