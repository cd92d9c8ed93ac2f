"""Landing sites: limits, criteria, metrics, and the result of a search."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum

from malapert_core.errors import Fault
from malapert_core.vocabulary.provenance import Provenance

from malapert_landing_site.domain.keep_out import KeepOut, keep_out_faults
from malapert_landing_site.domain.terrain import Place

MAX_SITES = 50
MAX_SPAN_DAYS = 3660
DEFAULT_SAMPLES = 1000
MAX_SAMPLES = 100_000


class SiteCriterion(StrEnum):
    """Criterion of a site's score."""

    ILLUMINATION = "illumination"
    LONGEST_NIGHT = "longest_night"
    EARTH_VISIBILITY = "earth_visibility"
    SUN_AND_EARTH = "sun_and_earth"
    SLOPE = "slope"
    ROUGHNESS = "roughness"
    HAZARD = "hazard"
    SHADOW_DISTANCE = "shadow_distance"


class JudgedOver(StrEnum):
    """What of a landing ellipse light, nights, Earth and slope are taken from for the ranks."""

    POINT = "point"
    ELLIPSE_MEAN = "ellipse_mean"
    ELLIPSE_TENTH = "ellipse_tenth"
    ELLIPSE_WORST = "ellipse_worst"
    UNSPECIFIED = "point"

    @property
    def statistic(self) -> str:
        """Name of the statistic of :class:`OverEllipse`; empty for the point."""
        return "" if self is JudgedOver.POINT else self.value.removeprefix("ellipse_")


@dataclass(frozen=True)
class LanderLimits:
    """Hard limits: a candidate outside any of them is no site.

    The landing ellipse has the semi-axes `landing_radius_m`, towards the true azimuth `landing_azimuth_deg`, and
    `landing_semi_minor_m`, of which 0 means a circle.
    """

    max_slope_deg: float
    slope_baseline_m: float
    landing_radius_m: float
    max_hazard_fraction: float
    hazard_slope_deg: float
    min_lit_days: float
    earth_visible_at_landing: bool
    landing_semi_minor_m: float = 0.0
    landing_azimuth_deg: float = 0.0

    @property
    def semi_minor_m(self) -> float:
        """Semi-minor axis of the landing ellipse, metres."""
        return self.landing_semi_minor_m or self.landing_radius_m


@dataclass(frozen=True)
class SiteSearchRequest:
    """Request for a site search."""

    terrain_stack_id: str
    start_time: datetime
    end_time: datetime
    landing_time: datetime
    limits: LanderLimits
    weights: dict[SiteCriterion, float]
    array_height_m: float
    antenna_height_m: float
    max_sites: int
    min_separation_m: float
    mission_id: str = ""
    keep_outs: tuple[KeepOut, ...] = ()
    robustness_samples: int = 0
    judged_over: JudgedOver = JudgedOver.POINT

    @property
    def samples(self) -> int:
        """Draws of weights and heights by which the ranking is tried."""
        return self.robustness_samples or DEFAULT_SAMPLES


@dataclass(frozen=True)
class SiteMetrics:
    """Metrics of a site; shares 0 to 1, durations in seconds."""

    slope_deg: float
    roughness_m: float
    hazard_fraction: float
    mean_sun_fraction: float
    lit_fraction: float
    longest_night_s: float
    longest_lit_s: float
    lit_from_landing_s: float
    earth_visible_fraction: float
    sun_and_earth_fraction: float
    shadow_distance_m: float
    earth_at_landing: bool = True


@dataclass(frozen=True)
class OverEllipse:
    """A metric over a landing ellipse: its mean, what nine tenths of the points keep, and the worst.

    The last two are with every skyline and slope one standard deviation worse.
    """

    mean: float
    tenth: float
    worst: float


@dataclass(frozen=True)
class EllipseMetrics:
    """Metrics of a site over points that are spread evenly over its landing ellipse."""

    point_count: int
    mean_sun_fraction: OverEllipse
    longest_night_s: OverEllipse
    earth_visible_fraction: OverEllipse
    sun_and_earth_fraction: OverEllipse
    lit_from_landing_s: OverEllipse
    slope_deg: OverEllipse

    def judged(self, metrics: SiteMetrics, judged_over: JudgedOver) -> SiteMetrics:
        """Return metrics of a site with those of its ellipse in the place of the point's."""
        names = (each.name for each in fields(self) if each.name != "point_count")
        return replace(metrics, **{name: getattr(getattr(self, name), judged_over.statistic) for name in names})


@dataclass(frozen=True)
class ScorePart:
    """One part of a score."""

    criterion: SiteCriterion
    value: float
    unit: str
    normalised: float
    weight: float

    @property
    def contribution(self) -> float:
        """Contribution of the part to the score."""
        return self.weight * self.normalised


@dataclass(frozen=True)
class RankRobustness:
    """Robustness of a rank against other weights and other heights.

    Attributes
    ----------
    first_chance, top_three_chance : float
        Share of the draws in which the site is first, or among the first three, of the sites returned.
    mean_rank : float
        Its rank over the draws.
    """

    first_chance: float = 0.0
    top_three_chance: float = 0.0
    mean_rank: float = 0.0


@dataclass(frozen=True)
class Site:
    """A ranked landing site."""

    site_id: str
    rank: int
    place: Place
    x_m: float
    y_m: float
    score: float
    score_parts: tuple[ScorePart, ...]
    metrics: SiteMetrics
    explanation: str
    terrain_stack_id: str
    robustness: RankRobustness = RankRobustness()
    on_pareto_front: bool = False
    ellipse: EllipseMetrics | None = None
    on_synthetic_ground: bool = False


@dataclass(frozen=True)
class FrontPoint:
    """A candidate that no other beats in every weighted criterion."""

    place: Place
    x_m: float
    y_m: float
    score: float
    score_parts: tuple[ScorePart, ...]


@dataclass(frozen=True)
class SiteSearch:
    """The result of a search; `rejections` counts the candidates that each limit refused."""

    site_search_id: str
    sites: tuple[Site, ...]
    candidate_count: int
    admitted_count: int
    rejections: dict[str, int]
    request: SiteSearchRequest
    provenance: Provenance
    owner_agency_id: str = ""
    pareto_front: tuple[FrontPoint, ...] = ()


@dataclass
class _Check:
    faults: list[Fault] = field(default_factory=list)

    def between(self, path: str, value: float, low: float, high: float, unit: str = "") -> None:
        if not low <= value <= high:
            allowed = f"{low:g} to {high:g}{unit} is allowed"
            self.faults.append(Fault(path, "OUT_OF_RANGE", f"the value is {value:g}{unit}; {allowed}"))


def request_faults(request: SiteSearchRequest) -> list[Fault]:
    """All faults of a request but those of its span, each with its path; empty where it is sound."""
    check, limits = _Check(), request.limits
    check.between("limits.max_slope_deg", limits.max_slope_deg, 0.1, 45.0, "°")
    check.between("limits.slope_baseline_m", limits.slope_baseline_m, 0.0, 1000.0, " m")
    check.between("limits.landing_radius_m", limits.landing_radius_m, 0.0, 5000.0, " m")
    check.between("limits.landing_semi_minor_m", limits.landing_semi_minor_m, 0.0, limits.landing_radius_m, " m")
    check.between("limits.landing_azimuth_deg", limits.landing_azimuth_deg, 0.0, 360.0, "°")
    check.between("robustness_samples", request.robustness_samples, 0, MAX_SAMPLES)
    check.between("limits.max_hazard_fraction", limits.max_hazard_fraction, 0.0, 1.0)
    check.between("limits.hazard_slope_deg", limits.hazard_slope_deg, 0.1, 60.0, "°")
    check.between("limits.min_lit_days", limits.min_lit_days, 0.0, float(MAX_SPAN_DAYS), " days")
    check.between("array_height_m", request.array_height_m, 0.0, 100.0, " m")
    check.between("antenna_height_m", request.antenna_height_m, 0.0, 100.0, " m")
    check.between("max_sites", request.max_sites, 1, MAX_SITES)
    check.between("min_separation_m", request.min_separation_m, 0.0, 50_000.0, " m")
    faults = check.faults + keep_out_faults(request.keep_outs)
    if not request.start_time <= request.landing_time < request.end_time:
        message = f"the landing at {request.landing_time.isoformat()} must lie in the span"
        faults.append(Fault("landing_time", "OUTSIDE_SPAN", message))
    weights = request.weights.values()
    if not sum(weights) > 0.0 or not all(0.0 <= weight < math.inf for weight in weights):
        faults.append(Fault("weights", "NO_WEIGHT", "at least one weight must be above 0 and none below"))
    return faults


def span_faults(start_time: datetime, end_time: datetime) -> list[Fault]:
    """Faults of a span of time; empty where it is sound."""
    if end_time <= start_time:
        return [Fault("span.end_time", "EMPTY_SPAN", "the span must end after it starts")]
    if end_time - start_time > timedelta(days=MAX_SPAN_DAYS):
        return [Fault("span.end_time", "OUT_OF_RANGE", f"a span of at most {MAX_SPAN_DAYS} days is allowed")]
    return []
