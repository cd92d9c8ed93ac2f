"""Agencies whose items or rights are touched when something that a plan holds changes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from malapert.payload.v1 import request_pb2

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedContact, Schedule
from malapert_planner.domain.validation.report import Delivery

Parties = dict[str, list[str]]
"""Agencies by what of a plan it is: ``requests[ID]``, ``items[ID]``, ``contacts[NUMBER]``, ``stations[ID]``."""


def parties_of(
    problem: PlanningProblem,
    schedule: Schedule,
    deliveries: Iterable[Delivery],
    drafts: Iterable[request_pb2.ActivityDraft],
    station_owners: Mapping[str, str],
    before: Mapping[str, list[str]],
) -> Parties:
    """Return the agencies that a change of each thing that a plan holds touches.

    Parameters
    ----------
    deliveries
        When the data of the schedule's activities are on the ground.
    drafts
        The requests as payload expands them, by which instruments and activity types are known.
    station_owners
        Agency that owns the time of each antenna, empty where it is nobody's.
    before
        Parties of the plan that this one is made from, for the types and antennas that are not told anew.
    """
    known = {name: list(agencies) for name, agencies in before.items() if name.startswith(("items[", "stations["))}
    found = known | {f"stations[{name}]": _named([agency]) for name, agency in station_owners.items()}
    users: dict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        for version in draft.item_versions:
            users[f"items[{version.rpartition('@')[0]}]"].add(draft.agency_id)
    found |= {name: _named(agencies) for name, agencies in users.items()}
    found |= {f"requests[{name}]": _named(agencies) for name, agencies in _of_requests(problem).items()}
    sent = list(deliveries)
    for number, contact in enumerate(sorted(schedule.contacts, key=lambda each: each.span)):
        owners = found.get(f"stations[{contact.station_id}]")
        if owners is not None:
            found[f"contacts[{number}]"] = _named({*owners, *_served(contact, problem, schedule, sent)})
    return found


def _of_requests(problem: PlanningProblem) -> dict[str, set[str]]:
    """Return the agency of each request with those of the requests that relations bind to it, also through others."""
    groups: dict[str, set[str]] = {activity.request_id: {activity.request_id} for activity in problem.activities}
    for relation in problem.relations:
        one, other = groups.get(relation.request_id), groups.get(relation.other_request_id)
        if one is not None and other is not None and one is not other:
            one |= other
            groups.update(dict.fromkeys(other, one))
    agencies = {activity.request_id: activity.agency_id for activity in problem.activities}
    return {name: {agencies[member] for member in group} for name, group in groups.items()}


def _served(
    contact: PlacedContact, problem: PlanningProblem, schedule: Schedule, deliveries: Iterable[Delivery]
) -> Iterator[str]:
    """Yield the agencies of activities that need a contact, or the data of which it may carry.

    A drive that needs it is one of whoever has something after it.
    """
    needs_contact = any(each.kind is ConditionKind.CONTACT for each in problem.drive_rule.conditions)
    drives = [drive.span for drive in schedule.drives if needs_contact and _meet(drive.span, contact.span)]
    after_s = min((span[0] for span in drives), default=problem.horizon_s + 1)
    on_the_ground_s: dict[str, float] = {}
    for delivery in deliveries:
        sent_s = float("inf") if delivery.sent_s is None else delivery.sent_s
        on_the_ground_s[delivery.activity_id] = max(sent_s, on_the_ground_s.get(delivery.activity_id, 0.0))
    activities = {activity.activity_id: activity for activity in problem.activities}
    for placed in schedule.activities:
        activity = activities[placed.activity_id]
        is_needed = any(each.kind is ConditionKind.CONTACT for each in activity.conditions)
        is_carried = (
            activity.data_bit > 0
            and placed.span[0] < contact.span[1]
            and on_the_ground_s.get(placed.activity_id, float("inf")) > contact.span[0]
        )
        if is_carried or (is_needed and _meet(placed.span, contact.span)) or placed.span[0] >= after_s:
            yield activity.agency_id


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _named(agencies: Iterable[str]) -> list[str]:
    return sorted(set(agencies) - {""})
