"""Turns live requests into single activities with numbers, for planning."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from malapert_payload.domain.catalogue import (
    ActivityType,
    Catalogue,
    Condition,
    InstrumentUse,
    Interval,
    Mode,
    Step,
    value_of,
)
from malapert_payload.domain.content import content_hash
from malapert_payload.domain.request import ActivityRequest, RelationKind


@dataclass(frozen=True, slots=True)
class ActivityDraft:
    """A single step of a single repetition of a request, with its numbers."""

    activity_id: str
    request_id: str
    activity_type_id: str
    chain_id: str
    chain_index: int
    title: str
    agency_id: str
    asset_id: str
    value: float
    mandatory: bool
    duration_s: float
    power_w: float
    data_bit: float
    resource_ids: tuple[str, ...]
    place_ids: tuple[str, ...]
    windows: tuple[Interval, ...]
    conditions: tuple[Condition, ...]
    min_start_charge: float
    max_wait_s: float
    repetition_index: int


@dataclass(frozen=True, slots=True)
class ActivityRelation:
    """A relation between two requests; lags in seconds."""

    kind: RelationKind
    request_id: str
    other_request_id: str
    min_lag_s: float
    max_lag_s: float


@dataclass(frozen=True, slots=True)
class ActivityRepetition:
    """The period of a repeated request and how far each start may be off, seconds."""

    request_id: str
    period_s: float
    tolerance_s: float


@dataclass(frozen=True, slots=True)
class Expansion:
    """Activities by request, repetition and step, with relations, periods and the hash of what they came from."""

    activities: tuple[ActivityDraft, ...]
    relations: tuple[ActivityRelation, ...]
    repetitions: tuple[ActivityRepetition, ...]
    content_hash: str


def expand(catalogue: Catalogue, requests: Iterable[ActivityRequest]) -> Expansion:
    """Expand requests that are valid against the catalogue, in an order that does not depend on theirs."""
    ordered = sorted(requests, key=lambda request: request.request_id)
    types, modes = catalogue.activity_types_by_id(), catalogue.modes_by_use()
    return Expansion(
        activities=tuple(
            draft for request in ordered for draft in _drafts(request, types[request.activity_type_id], modes)
        ),
        relations=tuple(_relations(ordered)),
        repetitions=tuple(
            ActivityRepetition(request.request_id, request.repetition.period_s, request.repetition.tolerance_s)
            for request in ordered
            if request.repetition is not None and request.repetition.count > 1
        ),
        content_hash=content_hash(catalogue, ordered),
    )


def _drafts(
    request: ActivityRequest, kind: ActivityType, modes: Mapping[InstrumentUse, Mode]
) -> Iterator[ActivityDraft]:
    for repetition_index in range(request.repetition_count):
        for chain_index, step in enumerate(kind.steps):
            yield _draft(request, kind, step, (repetition_index, chain_index), modes)


def _draft(
    request: ActivityRequest,
    kind: ActivityType,
    step: Step,
    position: tuple[int, int],
    modes: Mapping[InstrumentUse, Mode],
) -> ActivityDraft:
    repetition_index, chain_index = position
    repetition_id = f"{request.request_id}/{repetition_index}"
    duration_s = value_of(step.duration_s)
    used = [modes[use] for use in step.instruments]
    return ActivityDraft(
        activity_id=f"{repetition_id}/{step.step_id}",
        request_id=request.request_id,
        activity_type_id=kind.activity_type_id,
        chain_id=repetition_id if len(kind.steps) > 1 else "",
        chain_index=chain_index,
        title=request.title if len(kind.steps) == 1 else f"{request.title}: {step.title}",
        agency_id=request.agency_id,
        asset_id=kind.asset_id,
        value=request.value / request.repetition_count if chain_index == 0 else 0.0,
        mandatory=request.mandatory,
        duration_s=duration_s,
        power_w=value_of(step.power_w) + sum(value_of(mode.power_w) for mode in used),
        data_bit=value_of(step.data_bit) + sum(value_of(mode.data_rate_bps) for mode in used) * duration_s,
        resource_ids=tuple(sorted({*step.resources, *(use.instrument_id for use in step.instruments)})),
        place_ids=request.place_ids,
        windows=tuple(sorted(request.windows, key=lambda window: window.start_time)),
        conditions=step.conditions,
        min_start_charge=value_of(step.min_start_charge),
        max_wait_s=value_of(step.max_wait_s) if chain_index > 0 else 0.0,
        repetition_index=repetition_index,
    )


def _relations(requests: Iterable[ActivityRequest]) -> Iterator[ActivityRelation]:
    for request in requests:
        for relation in sorted(request.relations, key=lambda r: (r.kind, r.request_id, r.min_lag_s, r.max_lag_s)):
            yield ActivityRelation(
                relation.kind, request.request_id, relation.request_id, relation.min_lag_s, relation.max_lag_s
            )
