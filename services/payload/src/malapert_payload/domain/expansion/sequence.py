"""The steps of one repetition of a request with their numbers, the phases of its instruments among them.

A phase is a step of its own, without a wait to the step that it belongs to: power over time is then exact, and a plan
shows when an instrument warms up. An instrument stays on between two steps without a wait; otherwise it is switched
off after the one and on again before the other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from malapert_core.vocabulary.figure import Figure
from malapert_core.vocabulary.units import convert

from malapert_payload.domain.catalogue.activity_type import (
    QUANTITY_UNITS,
    ActivityType,
    Condition,
    ConditionKind,
    InstrumentUse,
    Step,
    StepQuantity,
)
from malapert_payload.domain.catalogue.arguments import added
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.figures import value_of
from malapert_payload.domain.catalogue.instrument import (
    Disturbance,
    Instrument,
    Mode,
    ModePhase,
    ModeTransition,
    Motion,
    SunLimit,
)
from malapert_payload.domain.catalogue.resource import ResourceEffect

PHASE_MARK = "~"
OFF = ""


@dataclass(frozen=True, slots=True)
class AmountUsed:
    """An amount of a resource in the resource's unit, and how much more each bit of the step's link makes it."""

    resource_id: str
    effect: ResourceEffect
    amount: float
    amount_per_link_bit: float = 0.0


@dataclass(frozen=True, slots=True)
class ProductMade:
    """Data of a step by product, as the activity type says."""

    product_id: str
    data_bit: float
    priority: int
    max_latency_s: float


@dataclass(frozen=True, slots=True)
class NumberedStep:
    """A step, or a phase of a step's instruments, with its numbers."""

    step_id: str
    title: str
    duration_s: float
    power_w: float
    data_bit: float
    resource_ids: tuple[str, ...]
    conditions: tuple[Condition, ...]
    min_start_charge: float = 0.0
    max_wait_s: float = 0.0
    uses: tuple[AmountUsed, ...] = ()
    products: tuple[ProductMade, ...] = ()
    makes: tuple[Disturbance, ...] = ()
    needs_quiet: tuple[Disturbance, ...] = ()


@dataclass(frozen=True, slots=True)
class _Phase:
    """A part of a way into or out of a mode."""

    duration_s: float
    power_w: float


def numbered_steps(kind: ActivityType, arguments: Mapping[str, float], catalogue: Catalogue) -> list[NumberedStep]:
    """Return the steps and phases of one repetition, in order.

    Parameters
    ----------
    kind : ActivityType
        Valid against the catalogue.
    arguments : mapping of str to float
        The value of each parameter in its unit.
    catalogue : Catalogue
    """
    steps: list[NumberedStep] = []
    for index, step in enumerate(kind.steps):
        before = kind.steps[index - 1] if index and value_of(step.max_wait_s) == 0 else None
        after = kind.steps[index + 1] if index + 1 < len(kind.steps) else None
        if after is not None and value_of(after.max_wait_s) > 0:
            after = None
        steps += _with_phases(_numbered(step, arguments, catalogue), step, (before, after), catalogue)
    return steps


def step_duration_s(step: Step, arguments: Mapping[str, float]) -> float:
    """Return how long a step takes without its instruments' phases, seconds."""
    return _quantity(step, StepQuantity.DURATION, step.duration_s, arguments)


def exclusion_resources(use: InstrumentUse, catalogue: Catalogue) -> Iterator[str]:
    """Yield the unary resources that stand for the exclusions which a use of an instrument falls under."""
    for number, (owner_id, exclusion) in enumerate(catalogue.exclusions):
        sides = ((owner_id, exclusion.mode_ids), (exclusion.instrument_id, exclusion.other_mode_ids))
        if any(use.instrument_id == side and (not modes or use.mode_id in modes) for side, modes in sides):
            yield f"exclusion:{number}:{owner_id}+{exclusion.instrument_id}"


def _numbered(step: Step, arguments: Mapping[str, float], catalogue: Catalogue) -> NumberedStep:
    duration_s = step_duration_s(step, arguments)
    modes = [mode for use in step.instruments if (mode := catalogue.mode(use)) is not None]
    data_bit = _quantity(step, StepQuantity.DATA, step.data_bit, arguments)
    data_bit += sum(value_of(mode.data_rate_bps) * duration_s + value_of(mode.data_bit) for mode in modes)
    power_w = _quantity(step, StepQuantity.POWER, step.power_w, arguments)
    return NumberedStep(
        step_id=step.step_id,
        title=step.title,
        duration_s=duration_s,
        power_w=power_w + sum(value_of(mode.power_w) for mode in modes),
        data_bit=data_bit,
        resource_ids=tuple(sorted({*step.resources, *_instrument_resources(step, catalogue)})),
        conditions=_conditions(step.conditions, modes),
        min_start_charge=value_of(step.min_start_charge),
        max_wait_s=value_of(step.max_wait_s),
        uses=tuple(_amounts(step, modes, arguments, catalogue)),
        products=tuple(
            ProductMade(product.product_id, product.share * data_bit, product.priority, product.max_latency_s)
            for product in step.products
        ),
        makes=_made(step, modes, catalogue),
        needs_quiet=_quiet(step, modes),
    )


def _made(step: Step, modes: Iterable[Mode], catalogue: Catalogue) -> tuple[Disturbance, ...]:
    moves = set(step.resources).intersection(catalogue.mobility_resource_ids)
    made = {*step.makes, *(each for mode in modes for each in mode.makes)}
    return tuple(sorted(made | ({Disturbance.MOTION} if moves else set())))


def _quiet(step: Step, modes: Sequence[Mode]) -> tuple[Disturbance, ...]:
    stands = any(mode.motion == Motion.STATIONARY for mode in modes)
    asked = {*step.needs_quiet, *(each for mode in modes for each in mode.needs_quiet)}
    return tuple(sorted(asked | ({Disturbance.MOTION} if stands else set())))


def _instrument_resources(step: Step, catalogue: Catalogue) -> Iterator[str]:
    for use in step.instruments:
        yield use.instrument_id
        yield from exclusion_resources(use, catalogue)


def _quantity(step: Step, quantity: StepQuantity, base: Figure | None, arguments: Mapping[str, float]) -> float:
    unit = QUANTITY_UNITS[quantity]
    effects = [
        (effect.parameter_id, convert(effect.per_unit.value, effect.per_unit.unit, unit))
        for effect in step.effects
        if effect.quantity == quantity and effect.per_unit is not None
    ]
    return max(0.0, value_of(base) + added(arguments, effects))


def _conditions(conditions: tuple[Condition, ...], modes: Iterable[Mode]) -> tuple[Condition, ...]:
    limits = {SunLimit.LIT: ConditionKind.ILLUMINATION, SunLimit.DARK: ConditionKind.DARKNESS}
    asked = [Condition(limits[mode.sun]) for mode in modes if mode.sun in limits]
    return tuple(dict.fromkeys([*conditions, *asked]))


def _amounts(
    step: Step, modes: Sequence[Mode], arguments: Mapping[str, float], catalogue: Catalogue
) -> Iterator[AmountUsed]:
    total: dict[tuple[str, ResourceEffect], float] = {}
    per_bit: dict[tuple[str, ResourceEffect], float] = {}
    for use in (*step.uses, *(use for mode in modes for use in mode.uses)):
        unit, key = catalogue.amounts_by_id[use.resource_id].unit, (use.resource_id, use.effect)
        if use.amount is not None:
            total[key] = total.get(key, 0.0) + convert(use.amount.value, use.amount.unit, unit)
        if use.link_share is not None:
            total.setdefault(key, 0.0)
            share = convert(use.link_share.value, use.link_share.unit, "1")
            per_bit[key] = per_bit.get(key, 0.0) + share * convert(1.0, "bit", unit)
    for (resource_id, effect), amount in sorted(total.items()):
        unit = catalogue.amounts_by_id[resource_id].unit
        grown = [
            (growth.parameter_id, convert(growth.per_unit.value, growth.per_unit.unit, unit))
            for growth in step.effects
            if growth.quantity == StepQuantity.RESOURCE and growth.resource_id == resource_id and growth.per_unit
        ]
        grows = per_bit.get((resource_id, effect), 0.0)
        yield AmountUsed(resource_id, effect, max(0.0, amount + added(arguments, grown)), grows)


def _with_phases(
    main: NumberedStep, step: Step, neighbours: tuple[Step | None, Step | None], catalogue: Catalogue
) -> Iterator[NumberedStep]:
    """Yield the phases before a step, the step, and the phases after it."""
    before, after = neighbours
    into, out = [], []
    for use in step.instruments:
        instrument, mode = catalogue.instrument(use.instrument_id, use.version), catalogue.mode(use)
        if instrument is not None and mode is not None:
            into.append(_into(instrument, mode, _mode_in(before, use.instrument_id)))
            if not _mode_in(after, use.instrument_id):
                out.append(_out(instrument, mode))
    leading, trailing = _overlaid(into, at_end=True), _overlaid(out, at_end=False)
    for index, phase in enumerate(leading):
        yield _phase_step(main, "warm-up", len(leading), index, phase, first=index == 0)
    yield replace(main, min_start_charge=0.0, max_wait_s=0.0) if leading else main
    for index, phase in enumerate(trailing):
        yield _phase_step(main, "cool-down", len(trailing), index, phase, first=False)


def _mode_in(step: Step | None, instrument_id: str) -> str:
    uses = step.instruments if step else ()
    return next((use.mode_id for use in uses if use.instrument_id == instrument_id), OFF)


def _into(instrument: Instrument, mode: Mode, from_mode_id: str) -> list[_Phase]:
    if from_mode_id == mode.mode_id:
        return []
    phases = [_phase(instrument.transition(from_mode_id, mode.mode_id))]
    return [*phases, _phase(mode.warm_up)] if from_mode_id == OFF else phases


def _out(instrument: Instrument, mode: Mode) -> list[_Phase]:
    return [_phase(mode.cool_down), _phase(instrument.transition(mode.mode_id, OFF))]


def _phase(part: ModePhase | ModeTransition | None) -> _Phase:
    return _Phase(0.0, 0.0) if part is None else _Phase(value_of(part.duration_s), value_of(part.power_w))


def _overlaid(sequences: Iterable[Sequence[_Phase]], *, at_end: bool) -> list[_Phase]:
    """Return the phases of several instruments at once, all ending together, or all beginning together."""
    timed: list[tuple[float, float, float]] = []
    for sequence in sequences:
        ordered = list(reversed(sequence)) if at_end else list(sequence)
        edges = [0.0, *accumulate(phase.duration_s for phase in ordered)]
        timed += [(start, end, phase.power_w) for (start, end), phase in zip(pairwise(edges), ordered, strict=True)]
    edges = sorted({edge for start, end, _ in timed for edge in (start, end)})
    phases = [
        _Phase(end - start, sum(power for a, b, power in timed if a <= start and end <= b))
        for start, end in pairwise(edges)
    ]
    return phases[::-1] if at_end else phases


def _phase_step(main: NumberedStep, name: str, count: int, index: int, phase: _Phase, *, first: bool) -> NumberedStep:
    number = f"-{index + 1}" if count > 1 else ""
    return NumberedStep(
        step_id=f"{main.step_id}{PHASE_MARK}{name}{number}",
        title=f"{main.title}: {name.replace('-', ' ')}",
        duration_s=phase.duration_s,
        power_w=phase.power_w,
        data_bit=0.0,
        resource_ids=main.resource_ids,
        conditions=(),
        min_start_charge=main.min_start_charge if first else 0.0,
        max_wait_s=main.max_wait_s if first else 0.0,
    )
