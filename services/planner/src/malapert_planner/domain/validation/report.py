"""The validator's report: violations, and the resource profiles as they were replayed."""

from __future__ import annotations

from dataclasses import dataclass

from malapert_planner.domain.problem.spans import Span


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule with its objects, interval and amount."""

    rule_id: str
    object_ids: tuple[str, ...]
    span: Span
    amount: float
    unit: str
    message: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A resource over the horizon, linear between samples, with its extremes at the propagation's own resolution."""

    resource_id: str
    unit: str
    offset_s: tuple[float, ...]
    value: tuple[float, ...]
    floor: float | None
    capacity: float | None
    minimum: float
    minimum_offset_s: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """Times at which a product's last bit is made and is on the ground; None where that is beyond the horizon.

    ``limit_s`` is the longest time that may lie between; 0 where there is no limit.
    """

    activity_id: str
    product_id: str
    made_s: int
    sent_s: float | None
    limit_s: int


@dataclass(frozen=True, slots=True)
class Margin:
    """How far a schedule is from breaking a rule, where it is nearest to it: negative where it breaks it.

    ``object_ids`` name what is nearest, but no request; ``text`` says to a person what the amount is.
    """

    rule_id: str
    object_ids: tuple[str, ...]
    amount: float
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What a plan makes of its time and data, as one number; ``text`` says to a person what it is."""

    figure_id: str
    amount: float
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The validator's verdict: every broken rule, how often each rule was checked, and the propagated resources."""

    violations: tuple[Violation, ...]
    checks: dict[str, int]
    step_s: float
    validator: str
    profiles: tuple[Profile, ...]
    sent_bit: tuple[float, ...]
    deliveries: tuple[Delivery, ...] = ()
    margins: tuple[Margin, ...] = ()
    figures: tuple[Figure, ...] = ()

    @property
    def valid(self) -> bool:
        """True where no rule is broken."""
        return not self.violations
