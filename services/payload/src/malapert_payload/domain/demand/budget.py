"""Budgets of agencies' demand: what of it they cover, in the order in which it was handed in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from malapert_payload.domain.requests.lifecycle import HELD_STATES
from malapert_payload.domain.requests.request import Hold, HoldKind, Origin, RequestState, Triage

COUNTED_STATES = HELD_STATES | {RequestState.ACCEPTED, RequestState.PROCESSED}
"""States whose requests take from a budget."""


@dataclass(frozen=True, slots=True)
class DemandBudget:
    """What an agency may ask for in a mission in all, and how far it does; None means no limit.

    ``changed_by`` is the principal that set it last.
    """

    mission_id: str
    agency_id: str
    value_budget: float | None = None
    open_request_limit: int | None = None
    reason: str = ""
    changed_time: datetime | None = None
    changed_by: str = ""
    used_value: float = 0.0
    open_request_count: int = 0
    held_request_count: int = 0
    held_value: float = 0.0


@dataclass(frozen=True, slots=True)
class BudgetEntry:
    """A request as a budget counts it; `time` is when it was handed in, UTC."""

    request_id: str
    agency_id: str
    value: float
    state: RequestState
    origin: Origin
    triage: Triage
    time: datetime

    @property
    def counts(self) -> bool:
        """True where it takes from its agency's budget; what the mission's owner lists or admits does not."""
        by_owner = self.origin == Origin.DOCUMENT or self.triage == Triage.ADMITTED
        return self.state in COUNTED_STATES and not by_owner


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """Use of an agency's budget, and the holds on what is beyond it by request."""

    budget: DemandBudget
    holds: Mapping[str, tuple[Hold, ...]]


def use_of(budget: DemandBudget, entries: Iterable[BudgetEntry]) -> BudgetUse:
    """Return how far an agency's requests use its budget.

    What a plan holds or was carried out comes first, then what was handed in earlier; a request that no longer fits is
    held back, and a smaller one after it may still fit.
    """
    counted = [entry for entry in entries if entry.agency_id == budget.agency_id and entry.counts]
    counted.sort(key=lambda entry: (entry.state == RequestState.ACCEPTED, entry.time, entry.request_id))
    used, open_count, held_value = 0.0, 0, 0.0
    holds: dict[str, tuple[Hold, ...]] = {}
    for entry in counted:
        own = tuple(_holds(entry, budget, used, open_count)) if entry.state == RequestState.ACCEPTED else ()
        if own:
            holds[entry.request_id] = own
            held_value += entry.value
            continue
        used += entry.value
        open_count += entry.state != RequestState.PROCESSED
    found = replace(
        budget, used_value=used, open_request_count=open_count, held_request_count=len(holds), held_value=held_value
    )
    return BudgetUse(found, holds)


def _holds(entry: BudgetEntry, budget: DemandBudget, used: float, open_count: int) -> Iterable[Hold]:
    if budget.value_budget is not None and used + entry.value > budget.value_budget:
        excess = used + entry.value - budget.value_budget
        reason = (
            f"{excess:g} of its {entry.value:g} points are beyond the budget of {budget.agency_id}, "
            f"{budget.value_budget:g} points of which {used:g} are used"
        )
        yield Hold(HoldKind.OVER_BUDGET, reason, excess)
    if budget.open_request_limit is not None and open_count >= budget.open_request_limit:
        reason = f"{budget.agency_id} has {open_count} open requests; allowed: {budget.open_request_limit}"
        yield Hold(HoldKind.TOO_MANY_REQUESTS, reason, float(open_count + 1 - budget.open_request_limit))
