"""Charter of a mission as it is made and changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from malapert_core.errors import Fault, InvalidInputError, PreconditionError
from malapert_core.policy.charter import Charter, Consent, Membership, Part
from malapert_core.signing.sign_off import SignOffRule, rule_faults

MOST_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class CharterVersion:
    """A charter with the instant from which it is in force, UTC, and the agency and principal that changed it."""

    charter: Charter
    changed_time: datetime
    changed_by: tuple[str, str]


@dataclass(frozen=True, slots=True)
class WantedMembership:
    """Membership that is wanted; it begins when the charter comes into force, one that holds already goes on."""

    agency_id: str
    parts: frozenset[Part]
    until: datetime | None = None
    sees_earlier: bool = False


class CharterChangeState(StrEnum):
    """State of a proposed charter."""

    PENDING = "PENDING"
    IN_FORCE = "IN_FORCE"
    DECLINED = "DECLINED"
    OVERTAKEN = "OVERTAKEN"


@dataclass(frozen=True, slots=True)
class CharterChange:
    """A proposed charter: what is wanted, which owners need to consent, and which have."""

    change_id: str
    mission_id: str
    charter_version: int
    members: tuple[WantedMembership, ...]
    is_public: bool
    consent: Consent
    proposed_by: tuple[str, str]
    needed_agency_ids: tuple[str, ...]
    created_time: datetime
    consented_agency_ids: tuple[str, ...] = ()
    state: CharterChangeState = CharterChangeState.PENDING
    reason: str = ""
    revision: int = 1
    sign_off: SignOffRule = field(default_factory=SignOffRule)

    @property
    def is_agreed(self) -> bool:
        """True once every owner that needs to has consented."""
        return set(self.needed_agency_ids) <= set(self.consented_agency_ids)

    def consented(self, agency_id: str) -> CharterChange:
        """Return the change with an owner's consent; raise PreconditionError where it is decided."""
        self._require_pending()
        if agency_id in self.consented_agency_ids:
            return self
        consented = tuple(sorted({*self.consented_agency_ids, agency_id}))
        return replace(self, consented_agency_ids=consented, revision=self.revision + 1)

    def in_force(self) -> CharterChange:
        """Return the change as it became the charter."""
        return replace(self, state=CharterChangeState.IN_FORCE)

    def declined(self, agency_id: str, reason: str) -> CharterChange:
        """Return the change as an owner declined it; raise PreconditionError where it is decided."""
        self._require_pending()
        state, told = CharterChangeState.DECLINED, f"{agency_id}: {reason}"
        return replace(self, state=state, reason=told, revision=self.revision + 1)

    def _require_pending(self) -> None:
        if self.state is not CharterChangeState.PENDING:
            raise PreconditionError("WRONG_STATE", f"the change is {self.state}", metadata={"state": self.state})


def needed_consents(charter: Charter, proposer_agency_id: str, now: datetime) -> tuple[str, ...]:
    """Return the owners that must consent to a change that one of them proposes."""
    owners = charter.agencies(now, [Part.OWNER])
    return owners if charter.consent is Consent.ALL_OWNERS else (proposer_agency_id,)


def require_rule(rule: SignOffRule, members: Sequence[WantedMembership]) -> None:
    """Refuse a sign-off rule that the approvers among some members cannot fulfil; the rule that each signs always can.

    Raises
    ------
    InvalidInputError
        ``INVALID_CHARTER`` with every fault.
    """
    approvers = {member.agency_id for member in members if Part.APPROVER in member.parts}
    if rule != SignOffRule() and (faults := rule_faults(rule, approvers)):
        raise InvalidInputError("INVALID_CHARTER", "the sign-off rule has faults", faults=faults)


def require_members(members: Sequence[WantedMembership], now: datetime) -> None:
    """Refuse members that make no charter.

    Raises
    ------
    InvalidInputError
        ``INVALID_CHARTER`` with every fault.
    """
    faults = [fault for index, member in enumerate(members) for fault in _member_faults(index, member, now)]
    named = [member.agency_id for member in members]
    for index, agency_id in enumerate(named):
        if agency_id in named[:index]:
            faults.append(Fault(f"members[{index}].agency_id", "DUPLICATE", f"{agency_id!r} is there already"))
    if not any(Part.OWNER in member.parts and member.until is None for member in members):
        faults.append(Fault("members", "NO_OWNER", "one agency at least must own the mission without an end"))
    if len(members) > MOST_MEMBERS:
        faults.append(Fault("members", "TOO_MANY", f"at most {MOST_MEMBERS} members are allowed"))
    if faults:
        raise InvalidInputError("INVALID_CHARTER", "the charter has faults", faults=faults)


def _member_faults(index: int, member: WantedMembership, now: datetime) -> Iterable[Fault]:
    path = f"members[{index}]"
    if not member.agency_id.strip():
        yield Fault(f"{path}.agency_id", "MISSING", "name the agency")
    if not member.parts:
        allowed = ", ".join(part.name for part in Part)
        yield Fault(f"{path}.parts", "MISSING", f"give it one part at least of {allowed}")
    if member.until is not None and member.until <= now:
        yield Fault(f"{path}.until", "OUT_OF_RANGE", "a membership ends in the future; leave an agency out to end it")


def changed_charter(charter: Charter, change: CharterChange, now: datetime) -> CharterVersion:
    """Return the next version of a charter, in which memberships that hold go on, begin and end with ``now``."""
    wanted = {member.agency_id: member for member in change.members}
    members = [_continued(member, wanted.get(member.agency_id), now) for member in charter.members]
    present = {member.agency_id for member in charter.members if member.holds_at(now)}
    members += [_begun(member, now) for member in change.members if member.agency_id not in present]
    return _next(charter, members, change, now)


def left_charter(charter: Charter, agency: tuple[str, str], now: datetime) -> CharterVersion:
    """Return the next version of a charter without an agency that leaves.

    Raises
    ------
    PreconditionError
        ``LAST_OWNER`` where nobody else owns the mission without an end.
    """
    lasting = {member.agency_id for member in charter.members if Part.OWNER in member.parts and member.until is None}
    if agency[0] in charter.agencies(now, [Part.OWNER]) and not lasting - {agency[0]}:
        message = "the last owner without an end does not leave a mission; name another one first"
        raise PreconditionError("LAST_OWNER", message)
    members = [
        replace(member, until=now) if member.agency_id == agency[0] and member.holds_at(now) else member
        for member in charter.members
    ]
    return CharterVersion(replace(charter, version=charter.version + 1, members=tuple(members)), now, agency)


def _continued(member: Membership, wanted: WantedMembership | None, now: datetime) -> Membership:
    if not member.holds_at(now):
        return member
    if wanted is None:
        return replace(member, until=now)
    return replace(member, parts=wanted.parts, until=wanted.until, sees_earlier=wanted.sees_earlier)


def _begun(wanted: WantedMembership, now: datetime) -> Membership:
    return Membership(wanted.agency_id, wanted.parts, now, wanted.until, wanted.sees_earlier)


def _next(charter: Charter, members: list[Membership], change: CharterChange, now: datetime) -> CharterVersion:
    changed = Charter(
        charter.mission_id,
        charter.version + 1,
        tuple(sorted(members, key=lambda member: (member.agency_id, member.since))),
        change.is_public,
        consent=change.consent,
        sign_off=change.sign_off,
    )
    return CharterVersion(changed, now, change.proposed_by)


def parts_by_document(
    agency_ids: Iterable[str], reviewer_agency_ids: Iterable[str], station_agency_ids: Iterable[str]
) -> dict[str, frozenset[Part]]:
    """Return the parts that a mission document gives to the agencies it names; a station may have none."""
    parts: dict[str, set[Part]] = {agency_id: {Part.CONTRIBUTOR} for agency_id in agency_ids}
    for agency_id in reviewer_agency_ids:
        parts.setdefault(agency_id, set()).add(Part.APPROVER)
    for agency_id in filter(None, station_agency_ids):
        parts.setdefault(agency_id, set()).add(Part.STATION_PROVIDER)
    return {agency_id: frozenset(held) for agency_id, held in parts.items()}


def first_charter(
    mission_id: str, owner: tuple[str, str], parts: Mapping[str, frozenset[Part]], now: datetime
) -> CharterVersion:
    """Return the charter of a new mission: the creator owns it, the others have the parts of its document.

    Nothing of the mission is before them: its first demand is stored a moment earlier, by another service's clock.
    """
    held = dict(parts) | {owner[0]: parts.get(owner[0], frozenset()) | {Part.OWNER}}
    members = tuple(Membership(agency_id, held[agency_id], now, sees_earlier=True) for agency_id in sorted(held))
    return CharterVersion(Charter(mission_id, 1, members), now, owner)
