"""The planning problem: one immutable, solver-neutral value.

Times are integer seconds after ``PlanningProblem.start_time``; intervals are half-open. Solver, validator and
explanation read nothing but this value, so that the same problem, seed and limits give the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from malapert_planner.domain.problem.activities import Activity, Relation, Repetition
from malapert_planner.domain.problem.contact_windows import AntennaQuota, ClosedSpan, ContactWindow
from malapert_planner.domain.problem.holds import NOTHING_HELD, Holds
from malapert_planner.domain.problem.margins import Margins
from malapert_planner.domain.problem.nights import NightRule
from malapert_planner.domain.problem.places import Drive, DriveRule, Place, RoutePoint
from malapert_planner.domain.problem.resources import Battery, CumulativeResource, Limit, Reservoir, Storage
from malapert_planner.domain.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Objective:
    """Weights of the objective: maximise value − contact cost − fairness penalty − waiting data − change (`Baseline`).

    A contact costs its length at the hourly cost of the window that it names. The fairness penalty is
    ``fairness_weight`` times the largest unsatisfied share of an agency (1 − planned/requested value). Each gigabyte
    that is stored for a day costs ``latency_weight_per_gb_d``: summed over all data that is its time to the ground.
    ``unattainable`` are repetitions that nothing can hold, as `repetition_key` names them: no share counts them as
    requested.
    """

    contact_cost_weight: float
    fairness_weight: float
    latency_weight_per_gb_d: float = 0.0
    unattainable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """The plan that a replan starts from, as far as it was run, and what of it must stay.

    Before ``now_s`` all is history: it breaks no rule, whatever it was, and battery and storage are accounted from
    then on, from the problem's first levels. What starts before ``frozen_until_s`` is ``frozen``, and nothing else.
    Each hour by which a chain starts earlier or later than in ``schedule``, each hour of contact more or less with a
    station, and each chain or contact that starts anew or elsewhere in time, or in another mode, costs
    ``moved_weight``; each chain of it that is left out ``dropped_weight``.
    """

    schedule: Schedule
    frozen: Schedule
    now_s: int
    frozen_until_s: int
    moved_weight: float
    dropped_weight: float


@dataclass(frozen=True, slots=True)
class PlanningProblem:
    """A planning problem: all that a plan depends on.

    The asset starts at ``start_place_id``, is at one place at a time and has one radio: chosen contacts do not
    overlap each other. For its whole length a contact lies in windows of its station at the place where the asset is;
    during a drive at both ends of it. So a drive under a CONTACT condition is covered by chosen contacts whose
    stations see both ends, and every point of its way where ``route_points`` state it. Contacts draw
    ``contact_power_w``. During a drive generation and data rate are the lower of those at its two ends. A contact that
    begins during a drive is named from the drive's origin. Contact windows are cut to what ``closed_spans`` leave free.
    They take no more of each of ``antenna_quotas`` than is left. ``holds`` are what people locked and disabled.

    ``margins`` are what its figures were stated with: they bind by them alone.

    Contacts with different stations lie ``hand_over_s`` apart: the asset turns its antenna and finds the other one.

    Where ``max_silence_s`` is above 0 a contact follows the one before, and the problem's now, within so much time in
    which one could be held where the asset is: what no contact window of any station reaches is left out, and so is
    what of a drive is not reached at both its ends. The same holds up to the horizon.
    """

    problem_id: str
    start_time: datetime
    horizon_s: int
    resolution_s: int
    asset_id: str
    start_place_id: str
    places: tuple[Place, ...]
    drives: tuple[Drive, ...]
    drive_rule: DriveRule
    activities: tuple[Activity, ...]
    relations: tuple[Relation, ...]
    repetitions: tuple[Repetition, ...]
    contact_windows: tuple[ContactWindow, ...]
    contact_power_w: float
    battery: Battery
    storage: Storage
    objective: Objective
    limits: tuple[Limit, ...] = ()
    cumulative_resources: tuple[CumulativeResource, ...] = ()
    reservoirs: tuple[Reservoir, ...] = ()
    baseline: Baseline | None = None
    closed_spans: tuple[ClosedSpan, ...] = ()
    antenna_quotas: tuple[AntennaQuota, ...] = ()
    route_points: tuple[RoutePoint, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    holds: Holds = NOTHING_HELD
    max_silence_s: int = 0
    hand_over_s: int = 0
    margins: Margins | None = None
    night_rule: NightRule | None = None

    @property
    def is_placeless(self) -> bool:
        """Whether nothing is at a place, and neither battery nor storage is reckoned with: no terrain was given."""
        return "placeless" in self.metadata

    @property
    def now_s(self) -> int:
        """From when on battery and storage are accounted: 0 unless the problem replans."""
        return self.baseline.now_s if self.baseline else 0
