"""Turns live requests into single activities with numbers, for planning."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain

from malapert_core.vocabulary.interval import Interval

from malapert_payload.domain.catalogue.activity_type import ActivityType, InstrumentUse
from malapert_payload.domain.catalogue.catalogue import Catalogue, by_identifier
from malapert_payload.domain.catalogue.content import content_hash
from malapert_payload.domain.catalogue.figures import value_of
from malapert_payload.domain.catalogue.resource import Resource
from malapert_payload.domain.expansion.modes import variants
from malapert_payload.domain.expansion.sequence import NumberedStep, ProductMade, exclusion_resources, numbered_steps
from malapert_payload.domain.expansion.value import ValueSpan, repetition_shares, value_spans
from malapert_payload.domain.requests.request import ActivityRequest, Campaign, RelationKind, Visibility

START_MARK = "@"
"""Separator in names: of a chain from its mode, and of a mode from its start."""


@dataclass(frozen=True, slots=True)
class ActivityDraft:
    """A single step of a single repetition or place of a request, with its numbers."""

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
    step: NumberedStep
    place_ids: tuple[str, ...]
    windows: tuple[Interval, ...]
    repetition_index: int
    item_versions: tuple[str, ...]
    products: tuple[ProductMade, ...]
    mode_id: str = ""
    visibility: Visibility = Visibility.UNSPECIFIED
    start_window: Interval | None = None


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
    largest_gap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ActivityChoice:
    """Choice among chains, with the largest number that is planned: places of a campaign, or requests of a set."""

    request_id: str
    chain_ids: tuple[str, ...]
    count: int
    request_set_id: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class ActivityMode:
    """A mode of an instrument in its newest version."""

    use: InstrumentUse
    power_w: float
    data_rate_bps: float
    resource_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """Activities by request, repetition and step, with all that binds them, and the hash of what they came from."""

    activities: tuple[ActivityDraft, ...]
    relations: tuple[ActivityRelation, ...]
    repetitions: tuple[ActivityRepetition, ...]
    content_hash: str
    resources: tuple[Resource, ...] = ()
    choices: tuple[ActivityChoice, ...] = ()
    modes: tuple[ActivityMode, ...] = ()


@dataclass(frozen=True, slots=True)
class _Unit:
    """A repetition or place that is still asked for; `index` counts all of them, `position` those that are left."""

    index: int
    position: int
    share: float
    place_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Mode:
    """A variant of a repetition at a start, with its share of the request's value."""

    mode_id: str
    steps: tuple[NumberedStep, ...]
    span: ValueSpan
    share: float


def expand(
    catalogue: Catalogue,
    requests: Iterable[ActivityRequest],
    done_ids: Collection[str] = frozenset(),
    worth: Callable[[ActivityRequest], float] = lambda _: 1.0,
) -> Expansion:
    """Expand requests that are valid against the catalogue, in an order that does not depend on theirs.

    Parameters
    ----------
    catalogue : Catalogue
    requests : iterable of ActivityRequest
        Those that take part in planning; see `malapert_payload.domain.expansion.held_back.admitted`.
    done_ids : collection of str
        Requests that were carried out: of a set fewer are still wanted.
    worth : callable
        By what a request's value is multiplied.
    """
    ordered = sorted(requests, key=lambda request: request.request_id)
    expanded = [_expanded(replace(request, value=request.value * worth(request)), catalogue) for request in ordered]
    drafts = _kept_apart(list(chain.from_iterable(drafts for drafts, _ in expanded)), ordered)
    return Expansion(
        activities=tuple(drafts),
        relations=tuple(_relations(ordered)),
        repetitions=tuple(
            ActivityRepetition(request.request_id, series.period_s, series.tolerance_s, series.largest_gap_s)
            for request in ordered
            if (series := request.repetition) is not None
            and not series.skips
            and len(outstanding(request, catalogue)) > 1
        ),
        content_hash=content_hash(catalogue, ordered),
        resources=tuple(catalogue.amounts_by_id[key] for key in sorted(catalogue.amounts_by_id)),
        choices=(
            *chain.from_iterable(choices for _, choices in expanded),
            *_set_choices(catalogue, drafts, ordered, done_ids),
        ),
        modes=tuple(_modes(catalogue)),
    )


def campaign_places(campaign: Campaign, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the places of a campaign, each once."""
    places = catalogue.place_sets_by_id.get(campaign.place_set_id)
    return tuple(dict.fromkeys([*campaign.place_ids, *(places.place_ids if places else ())]))


def campaign_count(campaign: Campaign, catalogue: Catalogue) -> int:
    """Return at how many of its places a campaign is asked for."""
    return campaign.count or math.ceil(round(campaign.share * len(campaign_places(campaign, catalogue)), 9))


def wanted_count(request: ActivityRequest, catalogue: Catalogue) -> int:
    """Return how many repetitions or places a request asks for in all."""
    if request.campaign is not None:
        return campaign_count(request.campaign, catalogue)
    return request.repetition_count


def outstanding(request: ActivityRequest, catalogue: Catalogue) -> list[int]:
    """Return the repetitions or places of a request that are neither done nor given up, nor under way."""
    standing = request.standing
    total = request.repetition_count
    if request.campaign is not None:
        total = len(campaign_places(request.campaign, catalogue))
    settled = {*standing.done, *standing.abandoned, *standing.under_way}
    return [index for index in range(total) if index not in settled]


def _units(request: ActivityRequest, catalogue: Catalogue) -> list[_Unit]:
    places = campaign_places(request.campaign, catalogue) if request.campaign else ()
    wanted = wanted_count(request, catalogue)
    shares = [1.0 / wanted] * len(places) if places else repetition_shares(request, wanted)
    return [
        _Unit(index, position, shares[index], (places[index],) if places else request.place_ids)
        for position, index in enumerate(outstanding(request, catalogue))
    ]


def _expanded(request: ActivityRequest, catalogue: Catalogue) -> tuple[list[ActivityDraft], list[ActivityChoice]]:
    kind = catalogue.activity_type(request.activity_type_id, request.activity_type_version)
    if kind is None:
        raise LookupError(f"request {request.request_id} has no activity type")
    versions = _item_versions(kind, catalogue)
    modes = list(_modes_of(request, kind, catalogue))
    drafts = [
        _draft(request, kind, unit, mode, index, versions, catalogue)
        for unit in _units(request, catalogue)
        for mode in modes
        for index in range(len(mode.steps))
    ]
    if request.campaign is None:
        return drafts, []
    left = wanted_count(request, catalogue) - len(request.standing.done) - len(request.standing.under_way)
    every = tuple(dict.fromkeys(draft.chain_id or draft.activity_id for draft in drafts))
    return drafts, [ActivityChoice(request.request_id, every, max(0, left))]


def _set_choices(
    catalogue: Catalogue,
    drafts: Sequence[ActivityDraft],
    requests: Sequence[ActivityRequest],
    done_ids: Collection[str],
) -> Iterator[ActivityChoice]:
    """Yield a choice for each set of which more are asked for than are still wanted."""
    under_way = {request.request_id for request in requests if request.standing.done or request.standing.under_way}
    for group in catalogue.request_sets:
        members = set(group.request_ids)
        chains = dict.fromkeys(d.chain_id or d.activity_id for d in drafts if d.request_id in members)
        left = max(0, group.count - len(members & {*done_ids, *under_way}))
        if len({draft.request_id for draft in drafts if draft.request_id in members}) > left:
            yield ActivityChoice("", tuple(chains), left, group.request_set_id, group.title)


def _modes_of(request: ActivityRequest, kind: ActivityType, catalogue: Catalogue) -> Iterator[_Mode]:
    """Yield each variant of a request for each share of the value that its start may have."""
    spans = value_spans(request, catalogue.horizon)
    for variant in variants(request, kind):
        steps = numbered_steps(kind, variant.settled(kind), catalogue)
        for number, span in enumerate(spans):
            name = variant.mode_id + (f"{START_MARK}{number}" if len(spans) > 1 else "")
            yield _Mode(name, tuple(steps), span, variant.share * span.share)


def _draft(
    request: ActivityRequest,
    kind: ActivityType,
    unit: _Unit,
    mode: _Mode,
    index: int,
    versions: tuple[str, ...],
    catalogue: Catalogue,
) -> ActivityDraft:
    step, count = mode.steps[index], len(mode.steps)
    suffix = f"{START_MARK}{mode.mode_id.removeprefix(START_MARK)}" if mode.mode_id else ""
    chain_id = f"{request.request_id}/{unit.index}{suffix}"
    return ActivityDraft(
        activity_id=f"{chain_id}/{step.step_id}",
        request_id=request.request_id,
        activity_type_id=kind.activity_type_id,
        chain_id=chain_id if count > 1 else "",
        chain_index=index,
        title=request.title if count == 1 else f"{request.title}: {step.title}",
        agency_id=request.agency_id,
        asset_id=kind.asset_id,
        value=request.value * unit.share * mode.share if index == 0 else 0.0,
        mandatory=request.mandatory and _is_needed(request, unit),
        step=step if index else replace(step, max_wait_s=0.0),
        place_ids=unit.place_ids,
        windows=_windows(request, step, mode.span) if index == 0 else _sorted_windows(request),
        repetition_index=unit.position,
        item_versions=versions,
        products=tuple(_wanted(product, request) for product in step.products),
        mode_id=mode.mode_id,
        visibility=request.visibility,
        start_window=_start_window(request, unit, catalogue.horizon) if index == 0 else None,
    )


def _is_needed(request: ActivityRequest, unit: _Unit) -> bool:
    """Return whether a repetition is one of those that are enough, of a request that is mandatory."""
    least = request.repetition.least_count if request.repetition is not None else 0
    return not least or unit.position < least - len(request.standing.done) - len(request.standing.under_way)


def _start_window(request: ActivityRequest, unit: _Unit, horizon: Interval) -> Interval | None:
    """Return when a repetition has its time, where those that are missed are skipped."""
    series = request.repetition
    if series is None or not series.skips:
        return None
    first = min((window.start_time for window in request.windows), default=horizon.start_time)
    due_s, longest_s = unit.index * series.period_s, horizon.duration_s
    # What is beyond the horizon needs no time, which a calendar might not have.
    ends_s = (min(max(due_s + side * series.tolerance_s, -longest_s), longest_s) for side in (-1, 1))
    start_time, end_time = (first + timedelta(seconds=end_s) for end_s in ends_s)
    return Interval(start_time, end_time)


def _windows(request: ActivityRequest, first: NumberedStep, span: ValueSpan) -> tuple[Interval, ...]:
    """Return where the first step may lie so that it starts in a span of its value, ending after it where it must."""
    if span.share == 1.0 and span.spans == _sorted_windows(request):
        return span.spans
    longer = timedelta(seconds=first.duration_s)
    latest = {window.start_time: window.end_time for window in request.windows}
    found = []
    for part in span.spans:
        start_of_window = max((start for start in latest if start <= part.start_time), default=None)
        limit = latest[start_of_window] if start_of_window is not None else None
        end_time = part.end_time + longer
        found.append(Interval(part.start_time, min(end_time, limit) if limit else end_time))
    return tuple(found)


def _sorted_windows(request: ActivityRequest) -> tuple[Interval, ...]:
    return tuple(sorted(request.windows, key=lambda window: window.start_time))


def _wanted(product: ProductMade, request: ActivityRequest) -> ProductMade:
    for demand in request.products:
        if demand.product_id == product.product_id:
            return replace(product, priority=demand.priority, max_latency_s=demand.max_latency_s)
    return product


def _item_versions(kind: ActivityType, catalogue: Catalogue) -> tuple[str, ...]:
    named = {f"{kind.activity_type_id}@{kind.version}"}
    for use in kind.uses():
        instrument = catalogue.instrument(use.instrument_id, use.version)
        if instrument is not None:
            named.add(f"{instrument.instrument_id}@{instrument.version}")
    return tuple(sorted(named))


def _modes(catalogue: Catalogue) -> Iterator[ActivityMode]:
    for instrument in by_identifier(catalogue.instruments):
        for mode in instrument.modes:
            use = InstrumentUse(instrument.instrument_id, mode.mode_id)
            resources = (instrument.instrument_id, *exclusion_resources(use, catalogue))
            yield ActivityMode(use, value_of(mode.power_w), value_of(mode.data_rate_bps), resources)


def _relations(requests: Sequence[ActivityRequest]) -> Iterator[ActivityRelation]:
    present = {request.request_id for request in requests}
    for request in requests:
        for relation in sorted(request.relations, key=lambda r: (r.kind, r.request_id, r.min_lag_s, r.max_lag_s)):
            pair, kind = (request.request_id, relation.request_id), relation.kind
            if kind == RelationKind.BEFORE:
                pair, kind = pair[::-1], RelationKind.AFTER
            if kind != RelationKind.NOT_WITH and present.issuperset(pair):
                yield ActivityRelation(kind, *pair, relation.min_lag_s, relation.max_lag_s)


def _kept_apart(drafts: list[ActivityDraft], requests: Sequence[ActivityRequest]) -> list[ActivityDraft]:
    """Give requests that must never be under way together a unary resource of their own.

    The resource stands in the plan beside either of them, so that it does not name what only its agency sees.
    """
    pairs = sorted(
        {
            (min(request.request_id, relation.request_id), max(request.request_id, relation.request_id))
            for request in requests
            for relation in request.relations
            if relation.kind == RelationKind.NOT_WITH
        }
    )
    hidden = {request.request_id for request in requests if request.visibility == Visibility.OWNER}
    apart: dict[str, set[str]] = {}
    for number, pair in enumerate(pairs):
        name = f"apart:{number}" if hidden.intersection(pair) else f"apart:{'+'.join(pair)}"
        for request_id in pair:
            apart.setdefault(request_id, set()).add(name)
    return [
        replace(draft, step=replace(draft.step, resource_ids=tuple(sorted({*draft.step.resource_ids, *extra}))))
        if (extra := apart.get(draft.request_id))
        else draft
        for draft in drafts
    ]
