"""The activities that requests ask for, the data they make, and how requests stand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from malapert_planner.domain.problem.conditions import Condition
from malapert_planner.domain.problem.spans import Span


@dataclass(frozen=True, slots=True)
class Product:
    """Data of an activity that somebody waits for; :mod:`~malapert_planner.domain.problem.products` ranks what is sent.

    All of it is on the ground at most ``max_latency_s`` after the activity's end; 0 sets no limit, and one that ends
    beyond the horizon is not looked after. What was made before a replan's now is history. Light time is left out.
    """

    product_id: str
    data_bit: float
    priority: int = 0
    max_latency_s: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """A single step of a request, placed by the solver or left out.

    The activities of a chain are planned all or none, in order of ``chain_index``, at one place, without a drive
    between; each starts within ``max_wait_s`` after the end of the one before. ``place_ids`` empty means any place;
    ``windows`` empty means the whole horizon; at a place named in ``place_windows`` it lies in those of the place too.
    ``products`` are parts of its data. While it is under way no other activity makes a disturbance that it
    ``needs_quiet`` of, such as vibration or gas; what it ``makes`` itself it bears.

    ``margin_s`` is the part of its duration that it takes only where it goes worse than predicted.

    Chains of one repetition of a request that have a ``mode_id`` are its modes: at most one of them is planned, and
    what is mandatory is so in any of them.
    """

    activity_id: str
    request_id: str
    repetition_index: int
    chain_id: str
    chain_index: int
    title: str
    agency_id: str
    activity_type_id: str
    duration_s: int
    power_w: float
    data_bit: float
    resource_ids: tuple[str, ...]
    place_ids: tuple[str, ...]
    windows: tuple[Span, ...]
    conditions: tuple[Condition, ...]
    value: float
    mandatory: bool
    min_start_charge_wh: float = 0.0
    max_wait_s: int = 0
    products: tuple[Product, ...] = ()
    mode_id: str = ""
    place_windows: tuple[tuple[str, tuple[Span, ...]], ...] = ()
    makes: tuple[str, ...] = ()
    needs_quiet: tuple[str, ...] = ()
    margin_s: int = 0


class RelationKind(StrEnum):
    """Kind of a relation of a request to another one."""

    AFTER = "after"
    EXCLUDES = "excludes"
    REQUIRES = "requires"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between two requests (all their repetitions).

    AFTER: where both are planned, the first activity of ``request_id`` starts at least ``min_lag_s`` and, if
    ``max_lag_s`` > 0, at most ``max_lag_s`` after the last activity of ``other_request_id`` ends. REQUIRES:
    ``request_id`` is planned only where the other is whole: every repetition of it in one of its modes, or as many as
    a choice among them asks for. EXCLUDES: not both. TOGETHER: both or none, and their first activities start at most
    ``max_lag_s`` apart.
    """

    kind: RelationKind
    request_id: str
    other_request_id: str
    min_lag_s: int = 0
    max_lag_s: int = 0


@dataclass(frozen=True, slots=True)
class Repetition:
    """Period of a repeated request: where n and n+1 are both planned, their starts lie ``period_s`` ± ``tolerance_s``
    apart.

    A repetition n+1 is planned only where n is.
    """

    request_id: str
    period_s: int
    tolerance_s: int
