"""Leave of an agency to use an instrument or activity type of another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from malapert_core.errors import PreconditionError

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.requests.lifecycle import Change
from malapert_payload.domain.requests.request import ActivityRequest, Hold, HoldKind, Origin


class ItemKind(IntEnum):
    """Kind of what a leave is for."""

    UNSPECIFIED = 0
    INSTRUMENT = 1
    ACTIVITY_TYPE = 2


class UseState(IntEnum):
    """State of a leave."""

    UNSPECIFIED = 0
    ASKED = 1
    GRANTED = 2
    DECLINED = 3
    WITHDRAWN = 4


DECISIONS = {
    UseState.ASKED: frozenset({UseState.GRANTED, UseState.DECLINED}),
    UseState.GRANTED: frozenset({UseState.WITHDRAWN}),
    UseState.DECLINED: frozenset({UseState.GRANTED}),
    UseState.WITHDRAWN: frozenset({UseState.GRANTED}),
}
"""What the owner may decide in each state."""


@dataclass(frozen=True, slots=True, order=True)
class ForeignItem:
    """An instrument or activity type of another agency than the one that uses it."""

    item_kind: ItemKind
    item_id: str
    owner_agency_id: str

    @property
    def text(self) -> str:
        """Name for a person."""
        return f"{self.item_kind.name.lower().replace('_', ' ')} {self.item_id!r} of {self.owner_agency_id}"


@dataclass(frozen=True, slots=True)
class UsePermission:
    """Leave of an agency to use an item of another, for all its requests or for one; times are UTC."""

    permission_id: str
    mission_id: str
    item_kind: ItemKind
    item_id: str
    owner_agency_id: str
    agency_id: str
    request_id: str
    state: UseState
    reason: str
    asked_time: datetime
    asked_by: str
    decided_time: datetime | None = None
    decided_by: str = ""

    def covers(self, item: ForeignItem, agency_id: str, request_id: str) -> bool:
        """Tell whether it is the leave for an item that a request needs, granted or not."""
        same = (self.item_kind, self.item_id, self.agency_id) == (item.item_kind, item.item_id, agency_id)
        return same and self.request_id in ("", request_id)


def decided(permission: UsePermission, state: UseState, change: Change) -> UsePermission:
    """Return a leave as its owner decides.

    Raises
    ------
    PreconditionError
        ILLEGAL_DECISION where its state does not allow it.
    """
    allowed = DECISIONS[permission.state]
    if state not in allowed:
        names = ", ".join(each.name for each in sorted(allowed))
        message = f"the leave is {permission.state.name} and cannot become {state.name}; allowed: {names}"
        raise PreconditionError("ILLEGAL_DECISION", message, metadata={"state": permission.state.name})
    return replace(
        permission, state=state, reason=change.reason, decided_time=change.time, decided_by=change.principal_id
    )


def asked_again(permission: UsePermission, change: Change) -> UsePermission:
    """Return a declined or withdrawn leave as asked for anew, any other as it is."""
    if permission.state in (UseState.ASKED, UseState.GRANTED):
        return permission
    return replace(
        permission, state=UseState.ASKED, reason=change.reason, asked_time=change.time, asked_by=change.principal_id
    )


def foreign_items(request: ActivityRequest, catalogue: Catalogue) -> Iterator[ForeignItem]:
    """Yield what of other agencies a request uses, besides what their owners let its agency use without asking.

    What a mission's document lists is agreed by whoever wrote it. Leave for an activity type covers the instruments
    of its own agency.
    """
    kind = catalogue.activity_type(request.activity_type_id, request.activity_type_version)
    if kind is None or request.standing.origin == Origin.DOCUMENT:
        return
    own = request.agency_id
    if kind.agency_id not in ("", own):
        yield ForeignItem(ItemKind.ACTIVITY_TYPE, kind.activity_type_id, kind.agency_id)
    for instrument_id in dict.fromkeys(use.instrument_id for use in kind.uses()):
        instrument = catalogue.instruments_by_id.get(instrument_id)
        if instrument is not None and not instrument.admits(own) and instrument.agency_id != kind.agency_id:
            yield ForeignItem(ItemKind.INSTRUMENT, instrument_id, instrument.agency_id)


def use_holds(request: ActivityRequest, catalogue: Catalogue, permissions: Iterable[UsePermission]) -> Iterator[Hold]:
    """Yield a hold for each item that a request has no leave to use."""
    for item in foreign_items(request, catalogue):
        found = [each for each in permissions if each.covers(item, request.agency_id, request.request_id)]
        if any(each.state == UseState.GRANTED for each in found):
            continue
        state = found[-1].state.name.lower() if found else "not asked for"
        reason = f"the leave to use the {item.text} is {state}"
        yield Hold(HoldKind.USE_PERMISSION, reason, item_id=item.item_id, agency_id=item.owner_agency_id)
