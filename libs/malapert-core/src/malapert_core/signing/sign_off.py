"""Sign-off rules as data: which agencies must approve a plan, and what of that is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, islice, product

from malapert_core.errors import Fault

MAX_DEPTH = 2
"""Largest depth of terms: any combination can be written as one of some that each want all of theirs."""
MAX_TERMS = 100
"""Largest number of terms and agencies of a rule together."""
MAX_TOLD = 10
"""Largest number of sufficient combinations that are told."""
_MAX_TRIED = 400


class SignOffKind(StrEnum):
    """Share of a term's members that must approve: all, any one, or at least a count of them."""

    ALL = "ALL"
    ANY = "ANY"
    AT_LEAST = "AT_LEAST"
    UNSPECIFIED = ALL


class SignOffGroup(StrEnum):
    """Agencies by what they are to a plan.

    APPROVERS have that part in the mission; of them WITH_ITEMS have a request in the plan, and CHANGED ones something
    that is not as in the released plan which it replaces, or an item where it replaces none. Where no approver is such
    a one, all approvers are meant.
    """

    UNSPECIFIED = "NONE"
    NONE = UNSPECIFIED
    APPROVERS = "APPROVERS"
    WITH_ITEMS = "WITH_ITEMS"
    CHANGED = "CHANGED"


@dataclass(frozen=True, slots=True)
class SignOffTerm:
    """Members that must approve: named agencies, a group of agencies, and further terms. ``count`` is of AT_LEAST."""

    kind: SignOffKind = SignOffKind.ALL
    agency_ids: tuple[str, ...] = ()
    group: SignOffGroup = SignOffGroup.NONE
    terms: tuple[SignOffTerm, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class SignOffRule:
    """Who must approve a plan, and how.

    ``deadline_s`` is how long after its submission a plan waits for reviews, seconds; 0 sets none. An agency that has
    said nothing by then consents only where ``silence_is_consent``. ``signatures_required`` counts an approval only
    where the agency's own key signed it.
    """

    term: SignOffTerm = field(default_factory=lambda: SignOffTerm(group=SignOffGroup.APPROVERS))
    signatures_required: bool = False
    deadline_s: float = 0.0
    silence_is_consent: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a rule has and lacks.

    ``needed_agency_ids`` have not approved and are in every sufficient combination; ``sufficient`` are the smallest
    combinations of further agencies that would fulfil the rule, at most `MAX_TOLD` of them.
    """

    fulfilled: bool
    approved_agency_ids: tuple[str, ...]
    needed_agency_ids: tuple[str, ...]
    sufficient: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """The standing for a person."""
        if self.fulfilled:
            return "the sign-off rule is fulfilled"
        ways = "; or ".join(", ".join(way) for way in self.sufficient)
        return f"not yet approved; enough would be: {ways}" if ways else "no approval can fulfil the sign-off rule"


Groups = Mapping[SignOffGroup, Collection[str]]
"""Agencies of each group at the submission of a plan."""


def standing_of(rule: SignOffRule, groups: Groups, approved: Collection[str]) -> Standing:
    """Return what a rule has and lacks."""
    has, counted = frozenset(approved), agencies_of(rule, groups)
    fulfilled = _holds(rule.term, groups, has)
    # Who is needed is what all others together cannot replace: the combinations that are told may not be all.
    needed = (
        () if fulfilled else (name for name in counted - has if not _holds(rule.term, groups, has | counted - {name}))
    )
    ways = () if fulfilled else _ways(rule.term, groups, has)
    told = sorted(tuple(sorted(way)) for way in ways)
    return Standing(
        fulfilled,
        tuple(sorted(has & counted)),
        tuple(sorted(needed)),
        tuple(sorted(told, key=len)[:MAX_TOLD]),
    )


def agencies_of(rule: SignOffRule, groups: Groups) -> frozenset[str]:
    """Return every agency whose approval counts under a rule."""
    return frozenset(
        agency_id for term in _terms(rule.term) for agency_id in (*term.agency_ids, *_members(term.group, groups))
    )


def rule_faults(rule: SignOffRule, approver_agency_ids: Collection[str], path: str = "sign_off") -> list[Fault]:
    """Return every fault of a rule for a mission with these approvers: what is malformed, and what none can fulfil."""
    faults = list(_term_faults(rule.term, frozenset(approver_agency_ids), f"{path}.term", 1))
    size = sum(1 + len(term.agency_ids) for term in _terms(rule.term))
    if size > MAX_TERMS:
        faults.append(Fault(f"{path}.term", "TOO_LONG", f"at most {MAX_TERMS} terms and agencies are allowed"))
    if not 0 <= rule.deadline_s <= 366 * 86400:
        faults.append(Fault(f"{path}.deadline_s", "OUT_OF_RANGE", "0 to 31622400 s are allowed"))
    if rule.silence_is_consent and not rule.deadline_s:
        message = "silence can only be consent where there is a deadline"
        faults.append(Fault(f"{path}.silence_is_consent", "NO_DEADLINE", message))
    if rule.silence_is_consent and rule.signatures_required:
        message = "silence is no signature: one of the two is allowed"
        faults.append(Fault(f"{path}.silence_is_consent", "CONTRADICTION", message))
    return faults[:MAX_TERMS]


def _term_faults(term: SignOffTerm, approvers: frozenset[str], path: str, depth: int) -> Iterator[Fault]:
    if depth > MAX_DEPTH:
        yield Fault(path, "TOO_DEEP", f"at most {MAX_DEPTH} terms within each other are allowed")
        return
    if len(set(term.agency_ids)) < len(term.agency_ids):
        yield Fault(f"{path}.agency_ids", "DUPLICATE", "an agency is named once")
    for index, agency_id in enumerate(term.agency_ids):
        if agency_id not in approvers:
            allowed = ", ".join(sorted(approvers)) or "none"
            message = f"{agency_id[:80]} is no approver of the mission; approvers: {allowed}"
            yield Fault(f"{path}.agency_ids[{index}]", "NOT_AN_APPROVER", message)
    members = len(set(term.agency_ids) | (approvers if term.group is not SignOffGroup.NONE else set()))
    members += len(term.terms)
    if not members:
        yield Fault(path, "EMPTY", "a term names agencies, a group that is not empty, or further terms")
    # The smaller groups are known with a plan only; of one of them a count could not be had.
    if term.kind is SignOffKind.AT_LEAST and not 1 <= term.count <= members:
        yield Fault(f"{path}.count", "OUT_OF_RANGE", f"1 to {members} of its members can be asked for")
    if term.kind is SignOffKind.AT_LEAST and term.group in (SignOffGroup.WITH_ITEMS, SignOffGroup.CHANGED):
        message = "a count is of named agencies, approvers or terms; this group may have fewer members with a plan"
        yield Fault(f"{path}.group", "NOT_COUNTABLE", message)
    if term.kind is not SignOffKind.AT_LEAST and term.count:
        yield Fault(f"{path}.count", "NOT_ALLOWED", "a count is of AT_LEAST alone")
    for index, part in enumerate(term.terms):
        yield from _term_faults(part, approvers, f"{path}.terms[{index}]", depth + 1)


def _terms(term: SignOffTerm) -> Iterator[SignOffTerm]:
    yield term
    for part in term.terms:
        yield from _terms(part)


def _members(group: SignOffGroup, groups: Groups) -> Collection[str]:
    if group is SignOffGroup.NONE:
        return ()
    approvers = groups.get(SignOffGroup.APPROVERS, ())
    return [name for name in groups.get(group, ()) if name in approvers] or approvers


def _holds(term: SignOffTerm, groups: Groups, approved: frozenset[str]) -> bool:
    told = [name in approved for name in {*term.agency_ids, *_members(term.group, groups)}]
    told += [_holds(part, groups, approved) for part in term.terms]
    return sum(told) >= {SignOffKind.ALL: len(told), SignOffKind.ANY: 1}.get(term.kind, term.count)


Ways = frozenset[frozenset[str]]
"""Combinations of further agencies, each of which would do."""


def _ways(term: SignOffTerm, groups: Groups, approved: frozenset[str]) -> Ways:
    named = sorted({*term.agency_ids, *_members(term.group, groups)})
    members: list[Ways] = [frozenset([frozenset([name]) - approved]) for name in named]
    members += [_ways(part, groups, approved) for part in term.terms]
    members = [ways for ways in members if ways]
    count = {SignOffKind.ALL: len(named) + len(term.terms), SignOffKind.ANY: 1}.get(term.kind, term.count)
    missing = count - sum(frozenset() in ways for ways in members)
    if missing <= 0:
        return frozenset([frozenset()])
    open_members = [ways for ways in members if frozenset() not in ways]
    return _smallest(
        frozenset[str]().union(*choice)
        for chosen in islice(combinations(open_members, missing), _MAX_TRIED)
        for choice in islice(product(*(sorted(ways, key=sorted) for ways in chosen)), _MAX_TRIED)
    )


def _smallest(ways: Collection[frozenset[str]] | Iterator[frozenset[str]]) -> Ways:
    """Return the combinations that hold no other one, the smaller ones where there are many."""
    kept: list[frozenset[str]] = []
    for way in sorted(set(ways), key=lambda each: (len(each), sorted(each))):
        if not any(other <= way for other in kept):
            kept.append(way)
        if len(kept) == _MAX_TRIED:
            break
    return frozenset(kept)
