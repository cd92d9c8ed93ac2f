"""The search for landing sites: ground first, then light, then the ranking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_core.errors import PreconditionError

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray
from malapert_landing_site.domain.light import LightSeries, LightSummary, summarise
from malapert_landing_site.domain.ranking import best_separated, failed_limits
from malapert_landing_site.domain.robustness import WEIGHT_CONCENTRATION
from malapert_landing_site.domain.site import (
    EllipseMetrics,
    FrontPoint,
    JudgedOver,
    Site,
    SiteMetrics,
    SiteSearchRequest,
)
from malapert_landing_site.domain.terrain import Region
from malapert_landing_site.terrain.grid.projection import place_xy
from malapert_landing_site.terrain.grid.scene import HEIGHT_ERROR_PER_PIXEL, HorizonScene
from malapert_landing_site.terrain.horizon.skyline import Skylines, skylines
from malapert_landing_site.terrain.light.points import Sky, body_range, light_at, mean_sun_fraction
from malapert_landing_site.terrain.sites.candidates import Candidates, find_candidates
from malapert_landing_site.terrain.sites.ellipse import AZIMUTH_COUNT as ELLIPSE_AZIMUTH_COUNT
from malapert_landing_site.terrain.sites.ellipse import POINT_COUNT, EllipseAssessment
from malapert_landing_site.terrain.sites.ranking import AssessedCandidate, MetricErrors, SiteRanking, best_rows

AZIMUTH_COUNT = 720
SURVEY_AZIMUTH_COUNT = 180
SURVEY_STEP_S = 6 * 3600.0
SEARCH_STEP_S = 3600.0
RANKING_STEP_S = 600.0
MAX_EXAMINED = 400


class Report(Protocol):
    """Progress reports of a search; any of its calls may raise to end the search."""

    def stage(self, name: str, title: str) -> None:
        """Begin a stage."""

    def progress(self, fraction: float, detail: str = "") -> None:
        """State how much of the stage is done."""


@dataclass(frozen=True)
class SearchOutcome:
    """Result of a search."""

    sites: tuple[Site, ...]
    pareto_front: tuple[FrontPoint, ...]
    candidate_count: int
    admitted_count: int
    rejections: dict[str, int]
    parameters: dict[str, str]


class SiteFinder:
    """Finds sites in a region of a scene.

    Parameters
    ----------
    scene : HorizonScene
        What the skylines are cast on.
    grid : ElevationGrid
        The finest grid over the whole region, with its holes: where sites are sought.
    region : Region
        The region.
    ephemeris : Ephemeris
        Sun and Earth.
    is_synthetic : bool
        Whether the region's finest ground is synthetic detail.
    """

    def __init__(
        self,
        scene: HorizonScene,
        grid: ElevationGrid,
        region: Region,
        ephemeris: Ephemeris,
        *,
        is_synthetic: bool = False,
    ) -> None:
        self._is_synthetic = is_synthetic
        self._scene = scene
        self._grid = grid
        self._region = region
        self._ephemeris = ephemeris

    def search(self, request: SiteSearchRequest, search_id: str, report: Report) -> SearchOutcome:
        """Search and rank.

        Raises
        ------
        PreconditionError
            NO_SITE_ADMITTED where every candidate breaks a limit, with the count of each and the best values seen.
        """
        report.stage("slope", "Slopes and hazards")
        center = place_xy(self._region.center, self._region.pole)
        candidates = find_candidates(self._grid, center, self._region.radius_m, request.limits, request.keep_outs)
        refused = Counter[str]()
        gentle = self._gentle_cells(candidates, request, refused)
        report.stage("horizons", "Skylines and shadow")
        shadow_m, examined = self._survey(candidates, gentle, request, report, refused)
        report.stage("light", "Sun and Earth over the span")
        metrics = self._metrics(candidates, examined, shadow_m, request, SEARCH_STEP_S)
        admitted = self._admit(metrics, request, refused)
        if not admitted:
            raise _nothing_admitted(len(candidates.xy_m), refused, candidates, metrics)
        report.progress(0.5, f"{len(admitted)} of {len(candidates.xy_m)} candidates keep all limits")
        report.stage("ranking", "Ranking")
        metrics, admitted = self._refine(candidates, examined, shadow_m, metrics, admitted, request, refused)
        if not admitted:
            raise _nothing_admitted(len(candidates.xy_m), refused, candidates, metrics)
        ranking = SiteRanking(self._scene, examined, metrics, admitted, request, search_id)
        ellipses = self._ellipses(examined, metrics, ranking, request)
        errors = self._errors(candidates, examined, shadow_m, ranking.rows, request)
        over = [ellipses[row] for row in ranking.rows]
        return SearchOutcome(
            ranking.sites(errors, over, is_synthetic=self._is_synthetic),
            ranking.pareto_front(),
            len(candidates.xy_m),
            len(admitted),
            dict(refused),
            _parameters(candidates, self._grid, request),
        )

    def _ellipses(
        self,
        examined: AssessedCandidate,
        metrics: Sequence[SiteMetrics],
        ranking: SiteRanking,
        request: SiteSearchRequest,
    ) -> dict[int, EllipseMetrics]:
        """Return the landing ellipses of the ranked sites by their rows, once they are ranked by them where asked."""
        assessment = EllipseAssessment(self._scene, self._grid, request, self._sky(request, SEARCH_STEP_S))
        is_by_point = request.judged_over is JudgedOver.POINT
        rows = ranking.rows if is_by_point else ranking.likely(2 * request.max_sites)
        found = dict(zip(rows, assessment.assess(examined.xy_m[rows]), strict=True))
        if not is_by_point:
            ranking.judge({row: each.judged(metrics[row], request.judged_over) for row, each in found.items()})
        return found

    def _gentle_cells(
        self, candidates: Candidates, request: SiteSearchRequest, refused: Counter[str]
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        steep = candidates.slope_deg > request.limits.max_slope_deg
        hazardous = candidates.hazard_fraction > request.limits.max_hazard_fraction
        refused["max_slope_deg"] += int(steep.sum())
        refused["max_hazard_fraction"] += int(hazardous.sum())
        return np.nonzero(~steep & ~hazardous)[0]

    def _survey(
        self,
        candidates: Candidates,
        gentle: np.ndarray[tuple[int], np.dtype[np.int64]],
        request: SiteSearchRequest,
        report: Report,
        refused: Counter[str],
    ) -> tuple[FloatArray, AssessedCandidate]:
        """Distance of every candidate to shadow, and the skylines of the best lit, spread over the region."""
        sky = self._sky(request, SURVEY_STEP_S)
        ground = mean_sun_fraction(
            self._scene, candidates.tile_xy_m, 0.0, sky, SURVEY_AZIMUTH_COUNT, lambda f: report.progress(0.3 * f)
        )
        shadow_m = _distances(candidates.xy_m, candidates.tile_xy_m[ground <= 0.0])
        lit = self._survey_light(candidates.xy_m[gentle], sky, request, report) if len(gentle) else np.empty(0)
        apart_m = min(0.5 * request.min_separation_m, candidates.tile_side_m)
        chosen = best_separated(lit, candidates.xy_m[gentle], apart_m, MAX_EXAMINED)
        refused["survey_light"] += len(gentle) - len(chosen)
        index = gentle[np.array(chosen, dtype=np.int64)]
        xy_m = candidates.xy_m[index]
        sun = skylines(
            self._scene, xy_m, request.array_height_m, AZIMUTH_COUNT, body_range(self._scene, xy_m, sky.sun_km),
            lambda f: report.progress(0.6 + 0.2 * f),
        ) if len(xy_m) else _NO_SKYLINES  # fmt: skip
        earth = skylines(
            self._scene, xy_m, request.antenna_height_m, AZIMUTH_COUNT, body_range(self._scene, xy_m, sky.earth_km),
            lambda f: report.progress(0.8 + 0.2 * f),
        ) if len(xy_m) else _NO_SKYLINES  # fmt: skip
        return shadow_m, AssessedCandidate(index, xy_m, sun, earth)

    def _survey_light(self, xy_m: FloatArray, sky: Sky, request: SiteSearchRequest, report: Report) -> FloatArray:
        """Mean light over the span, and as much again for the share lit of the days that the lander needs."""
        found = skylines(
            self._scene, xy_m, request.array_height_m, SURVEY_AZIMUTH_COUNT, body_range(self._scene, xy_m, sky.sun_km),
            lambda f: report.progress(0.3 + 0.3 * f),
        )  # fmt: skip
        series = light_at(found.elevation_deg, xy_m, found.ground_elevation_m, self._scene.pole, sky, earth=False)
        since_landing_s = series.utc_s - request.landing_time.timestamp()
        needed = (since_landing_s >= 0.0) & (since_landing_s <= request.limits.min_lit_days * 86_400.0)
        score: FloatArray = series.sun_fraction.mean(axis=1, dtype=np.float64)
        if needed.any():
            score = score + (series.sun_fraction[:, needed] > 0.0).mean(axis=1)
        return score

    def _sky(self, request: SiteSearchRequest, step_s: float) -> Sky:
        return Sky(self._ephemeris, request.start_time.timestamp(), request.end_time.timestamp(), step_s)

    def _light(
        self, examined: AssessedCandidate, rows: Sequence[int], request: SiteSearchRequest, step_s: float
    ) -> LightSummary:
        sky, xy_m = self._sky(request, step_s), examined.xy_m[list(rows)]
        pick, pole = list(rows), self._scene.pole
        sun = light_at(
            examined.sun.elevation_deg[pick], xy_m, examined.sun.ground_elevation_m[pick], pole, sky, earth=False
        )
        earth = light_at(
            examined.earth.elevation_deg[pick], xy_m, examined.earth.ground_elevation_m[pick], pole, sky, sun=False
        )
        series = LightSeries(sky.utc_s, sky.step_s, sun.sun_fraction, earth.earth_visible)
        return summarise(series, request.landing_time.timestamp())

    def _metrics(
        self,
        candidates: Candidates,
        examined: AssessedCandidate,
        shadow_m: FloatArray,
        request: SiteSearchRequest,
        step_s: float,
        rows: Sequence[int] | None = None,
    ) -> list[SiteMetrics]:
        rows = range(len(examined.index)) if rows is None else rows
        if not rows:
            return []
        light = self._light(examined, rows, request, step_s)
        return [_metrics_of(candidates, int(examined.index[row]), shadow_m, light, n) for n, row in enumerate(rows)]

    def _admit(self, metrics: Sequence[SiteMetrics], request: SiteSearchRequest, refused: Counter[str]) -> list[int]:
        failures = [failed_limits(m, request.limits) for m in metrics]
        refused.update(name for failed in failures for name in failed)
        return [row for row, failed in enumerate(failures) if not failed]

    def _refine(
        self,
        candidates: Candidates,
        examined: AssessedCandidate,
        shadow_m: FloatArray,
        metrics: list[SiteMetrics],
        admitted: list[int],
        request: SiteSearchRequest,
        refused: Counter[str],
    ) -> tuple[list[SiteMetrics], list[int]]:
        """Measure the light of the likely sites with short steps; those that break a limit then are refused."""
        likely = [admitted[n] for n in best_rows(examined, metrics, admitted, request, 2 * request.max_sites)]
        metrics = list(metrics)
        fine = self._metrics(candidates, examined, shadow_m, request, RANKING_STEP_S, likely)
        for row, measured in zip(likely, fine, strict=True):
            metrics[row] = measured
        failures = {row: failed_limits(metrics[row], request.limits) for row in likely}
        refused.update(name for failed in failures.values() for name in failed)
        return metrics, [row for row in admitted if not failures.get(row)]

    def _errors(
        self,
        candidates: Candidates,
        examined: AssessedCandidate,
        shadow_m: FloatArray,
        rows: Sequence[int],
        request: SiteSearchRequest,
    ) -> list[MetricErrors]:
        """Change of what was measured by one standard deviation of the DEM's heights, at candidates by their rows."""
        here = self._metrics(candidates, examined, shadow_m, request, SEARCH_STEP_S, rows)
        raised = self._metrics(candidates, examined.raised(), shadow_m, request, SEARCH_STEP_S, rows)
        height_error_m = HEIGHT_ERROR_PER_PIXEL * self._grid.geometry.pixel_size_m
        slope_error_deg = float(np.degrees(np.arctan(np.sqrt(2.0) * height_error_m / candidates.baseline_m)))
        return [MetricErrors(a, b, slope_error_deg, height_error_m) for a, b in zip(here, raised, strict=True)]


_NO_SKYLINES = Skylines(np.empty((0, 1), np.float32), np.empty(0, np.float32), np.empty(0))


def _distances(xy_m: FloatArray, shadow_xy_m: FloatArray) -> FloatArray:
    """Distance of each point to the nearest point in shadow; -1 where there is none."""
    if len(shadow_xy_m) == 0:
        return np.full(len(xy_m), -1.0)
    nearest = np.full(len(xy_m), np.inf)
    for x_m, y_m in shadow_xy_m:
        np.minimum(nearest, np.hypot(xy_m[:, 0] - x_m, xy_m[:, 1] - y_m), out=nearest)
    return nearest


def _metrics_of(candidates: Candidates, index: int, shadow_m: FloatArray, light: LightSummary, n: int) -> SiteMetrics:
    return SiteMetrics(
        slope_deg=float(candidates.slope_deg[index]),
        roughness_m=float(candidates.roughness_m[index]),
        hazard_fraction=float(candidates.hazard_fraction[index]),
        mean_sun_fraction=float(light.mean_sun_fraction[n]),
        lit_fraction=float(light.lit_fraction[n]),
        longest_night_s=float(light.longest_night_s[n]),
        longest_lit_s=float(light.longest_lit_s[n]),
        lit_from_landing_s=float(light.lit_from_landing_s[n]),
        earth_visible_fraction=float(light.earth_visible_fraction[n]),
        sun_and_earth_fraction=float(light.sun_and_earth_fraction[n]),
        shadow_distance_m=float(shadow_m[index]),
        earth_at_landing=bool(light.earth_at_landing[n]),
    )


def _nothing_admitted(
    count: int, refused: Counter[str], candidates: Candidates, metrics: Sequence[SiteMetrics]
) -> PreconditionError:
    best = {}
    if count:
        best["least slope"] = f"{candidates.slope_deg.min():.1f}°"
        best["least hazard fraction"] = f"{candidates.hazard_fraction.min():.3f}"
    if metrics:
        best["longest light from landing"] = f"{max(m.lit_from_landing_s for m in metrics) / 86_400.0:.2f} days"
        best["Earth up at landing"] = f"{sum(m.earth_at_landing for m in metrics)} of {len(metrics)}"
    counts = ", ".join(f"{name} refused {n}" for name, n in refused.items() if n) or "no ground with data was found"
    seen = "; ".join(f"{name} {value}" for name, value in best.items())
    message = f"none of {count} candidates keeps all limits: {counts}. Best values seen: {seen or 'none'}"
    metadata = {name: str(n) for name, n in refused.items()} | {name.replace(" ", "_"): v for name, v in best.items()}
    return PreconditionError("NO_SITE_ADMITTED", message, metadata=metadata)


def _parameters(candidates: Candidates, grid: ElevationGrid, request: SiteSearchRequest) -> dict[str, str]:
    return {
        "robustness_samples": str(request.samples),
        "weight_concentration": f"{WEIGHT_CONCENTRATION:g}",
        "height_error_m": f"{HEIGHT_ERROR_PER_PIXEL * grid.geometry.pixel_size_m:g}",
        "search_pixel_m": f"{grid.geometry.pixel_size_m:g}",
        "slope_baseline_m": f"{candidates.baseline_m:g}",
        "tile_side_m": f"{candidates.tile_side_m:g}",
        "azimuth_count": str(AZIMUTH_COUNT),
        "survey_azimuth_count": str(SURVEY_AZIMUTH_COUNT),
        "survey_step_s": f"{SURVEY_STEP_S:g}",
        "search_step_s": f"{SEARCH_STEP_S:g}",
        "ranking_step_s": f"{RANKING_STEP_S:g}",
        "ellipse_points": str(POINT_COUNT),
        "ellipse_azimuth_count": str(ELLIPSE_AZIMUTH_COUNT),
        "judged_over": request.judged_over.value,
        "surface_model": "bilinear",
    }
