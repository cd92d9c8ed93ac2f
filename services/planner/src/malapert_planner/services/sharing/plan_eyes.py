"""What a principal sees of a plan's items: whole, busy or nothing, by the one function that decides it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Charter
from malapert_core.policy.identity import Identity
from malapert_core.policy.sight import Sight, Thing, sight

from malapert_planner.domain.life.notices import PlanNotice
from malapert_planner.services.sharing import plan_parts as parts
from malapert_planner.services.sharing.plan_parts import Item, RequestItem, request_items

_NOT_NAMES = frozenset({""})


@dataclass(frozen=True, slots=True)
class PlanEyes:
    """Requests of a plan that a principal of an agency does not see whole, and the names that would tell of them."""

    hidden_request_ids: frozenset[str] = frozenset()
    hidden_names: frozenset[str] = frozenset()
    agency_id: str = ""

    @property
    def see_all(self) -> bool:
        """True where nothing is withheld."""
        return not self.hidden_request_ids

    def mention(self, *texts: str) -> bool:
        """Tell whether texts name something that is withheld."""
        if not self.hidden_names:
            return False
        names = "|".join(re.escape(name) for name in sorted(self.hidden_names, key=len, reverse=True))
        # A name may hold others in it: drill-a is none of drill-ab, but of drill-a/0/heat.
        pattern = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")
        return any(pattern.search(text) for text in texts)

    def see_notice(self, notice: PlanNotice | plan_pb2.PlanNotice) -> bool:
        """Tell whether a notice is of what is seen whole."""
        if notice.request_id in self.hidden_request_ids:
            return False
        return not self.mention(notice.subject_id, notice.reason, *notice.item_ids)

    def shown_parts(self, item: Item) -> Collection[str]:
        """Return the names of the parts of an item that are shown."""
        if self.see_all:
            return item.parts.keys()
        withheld = _WITHHELD.get(item.section)
        return item.parts.keys() - (withheld(self, item.whole) if withheld else ())


def owner_only_requests(*plans: plan_pb2.Plan) -> dict[str, str]:
    """Return the requests in plans that their owner agency alone sees whole, with the agency."""
    return {
        item.request_id: item.agency_id
        for plan in plans
        for item in request_items(plan)
        if item.request_id and item.visibility == type_pb2.VISIBILITY_OWNER
    }


def hidden_requests(
    owner_only: Mapping[str, str], identity: Identity, charter: Charter | None, now: datetime
) -> frozenset[str]:
    """Return the requests of those that their owners alone see whole that a principal does not."""
    return frozenset(
        request_id
        for request_id, agency_id in owner_only.items()
        if sight(identity, Thing(agency_id, Visibility.OWNER), charter, now) is not Sight.WHOLE
    )


def eyes_of(identity: Identity, charter: Charter | None, now: datetime, *plans: plan_pb2.Plan) -> PlanEyes:
    """Return what a principal sees of some plans of a mission."""
    return _eyes(hidden_requests(owner_only_requests(*plans), identity, charter, now), identity.agency_id, *plans)


def common_eyes(*plans: plan_pb2.Plan) -> PlanEyes:
    """Return what every member sees of some plans of a mission."""
    return _eyes(frozenset(owner_only_requests(*plans)), "", *plans)


def _eyes(hidden: frozenset[str], agency_id: str, *plans: plan_pb2.Plan) -> PlanEyes:
    if not hidden:
        return PlanEyes()
    items = [item for plan in plans for item in request_items(plan)]
    told = {name for item in items if item.request_id not in hidden for name in _names(item)}
    return PlanEyes(hidden, frozenset(_hidden_names(items, hidden) - told - _NOT_NAMES), agency_id)


def _hidden_names(items: Iterable[RequestItem], hidden: Collection[str]) -> set[str]:
    return {name for item in items if item.request_id in hidden for name in _names(item)}


def _names(item: RequestItem) -> Iterator[str]:
    """Yield what tells which request an item is of."""
    yield from (item.request_id, item.title)
    if isinstance(item, plan_pb2.PlannedActivity):
        yield from (item.activity_id, item.chain_id, item.activity_type_id)
        yield from (delivery.product_id for delivery in item.deliveries)
        yield from set(item.resource_ids) - set(item.mission_resource_ids)
    elif not isinstance(item, plan_pb2.UnplannedRequest):
        yield item.item_id


def _of_activity(eyes: PlanEyes, activity: Any) -> Collection[str]:
    return (parts.PRIVATE,) if activity.request_id in eyes.hidden_request_ids else ()


def _of_change(eyes: PlanEyes, change: Any) -> Collection[str]:
    if change.request_id in eyes.hidden_request_ids:
        return parts.PRIVATE, parts.CAUSE
    return (parts.CAUSE,) if eyes.mention(change.explanation, *change.because) else ()


def _of_unplanned(eyes: PlanEyes, unplanned: Any) -> Collection[str]:
    if unplanned.request_id in eyes.hidden_request_ids:
        return parts.CONTENT, parts.REASON
    return (parts.REASON,) if eyes.mention(unplanned.explanation, *unplanned.blocking) else ()


def _of_profile(eyes: PlanEyes, profile: Any) -> Collection[str]:
    hidden = eyes.hidden_request_ids.intersection(profile.request_ids)
    if not hidden and not eyes.mention(profile.resource_id):
        return ()
    # Who takes of a resource itself sees how much is taken; nobody else learns that there is such a resource.
    return (parts.USERS,) if set(profile.request_ids) - hidden else (parts.CONTENT, parts.USERS)


def _of_event(eyes: PlanEyes, event: Any) -> Collection[str]:
    return (parts.CONTENT,) if eyes.mention(event.activity_run.activity_id) else ()


def _of_note(eyes: PlanEyes, provenance: Any) -> Collection[str]:
    return (parts.CONTENT,) if eyes.mention(*provenance.notes) else ()


_WITHHELD: dict[str, Any] = {
    "activities": _of_activity,
    "changes": _of_change,
    "unplanned": _of_unplanned,
    "profiles": _of_profile,
    "events": _of_event,
    "notes": _of_note,
    # These are of all items together: a member who knows all but one of them could find that one by trying.
    "objective": lambda _eyes, _whole: (parts.WORTH,),
    "provenance": lambda _eyes, _whole: (parts.DEMAND,),
    "problem": lambda _eyes, _whole: (parts.CONTENT,),
}
