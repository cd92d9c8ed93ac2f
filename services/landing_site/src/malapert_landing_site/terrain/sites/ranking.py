"""Ranking of the candidates that keep all limits: scores, Pareto front, robustness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.provenance import content_key
from malapert_landing_site.domain.ranking import (
    best_separated,
    explanation,
    of_ellipse,
    scaled_changes,
    score_parts,
)
from malapert_landing_site.domain.robustness import pareto_front, rank_robustness, scaled_values
from malapert_landing_site.domain.site import (
    EllipseMetrics,
    FrontPoint,
    RankRobustness,
    ScorePart,
    Site,
    SiteMetrics,
    SiteSearchRequest,
)
from malapert_landing_site.terrain.grid.projection import place_at
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.skyline import Skylines

MAX_FRONT = 100
SYNTHETIC = "On synthetic detail, which nobody measured. "
"""What the explanation of a site on such ground says first."""


@dataclass(frozen=True)
class AssessedCandidate:
    """Candidates whose light is known: what is needed to look at them again."""

    index: NDArray[np.int64]
    xy_m: FloatArray
    sun: Skylines
    earth: Skylines

    def raised(self) -> AssessedCandidate:
        """Return the same with every skyline raised by one standard deviation of its height."""

        def up(found: Skylines) -> Skylines:
            return replace(found, elevation_deg=found.elevation_deg + found.height_error_deg[:, None])

        return replace(self, sun=up(self.sun), earth=up(self.earth))


@dataclass(frozen=True)
class MetricErrors:
    """Metrics of a site, also with its skyline raised; errors of its slope and heights."""

    here: SiteMetrics
    raised: SiteMetrics
    slope_error_deg: float
    height_error_m: float

    def shifted(self, metrics: SiteMetrics, light: bool) -> SiteMetrics:
        """Return metrics changed by one standard deviation of the skyline, or else of the heights at the site."""
        if not light:
            return replace(
                metrics,
                slope_deg=metrics.slope_deg + self.slope_error_deg,
                roughness_m=metrics.roughness_m + self.height_error_m,
            )
        names = ("mean_sun_fraction", "longest_night_s", "earth_visible_fraction", "sun_and_earth_fraction")
        changes = {name: getattr(self.raised, name) - getattr(self.here, name) for name in names}
        return replace(metrics, **{name: getattr(metrics, name) + change for name, change in changes.items()})


def best_rows(
    examined: AssessedCandidate,
    metrics: Sequence[SiteMetrics],
    admitted: Sequence[int],
    request: SiteSearchRequest,
    count: int,
) -> list[int]:
    """Positions in `admitted` of the best scores, best first, apart from each other."""
    parts = score_parts([metrics[row] for row in admitted], request.weights)
    score = np.array([sum(part.contribution for part in each) for each in parts])
    return best_separated(score, examined.xy_m[list(admitted)], request.min_separation_m, count)


class SiteRanking:
    """The ranking of the admitted candidates of a search.

    Parameters
    ----------
    metrics : sequence of SiteMetrics
        Of all that were examined.
    admitted : sequence of int
        Rows of those that keep all limits.
    """

    def __init__(
        self,
        scene: HorizonScene,
        examined: AssessedCandidate,
        metrics: Sequence[SiteMetrics],
        admitted: Sequence[int],
        request: SiteSearchRequest,
        search_id: str,
    ) -> None:
        self._scene, self._examined, self._request, self._search_id = scene, examined, request, search_id
        self._metrics, self._admitted = metrics, list(admitted)
        self._parts = score_parts([metrics[row] for row in admitted], request.weights)
        self._chosen = best_rows(examined, metrics, admitted, request, request.max_sites)
        weighted = [weight > 0.0 for weight in request.weights.values()]
        self._front = pareto_front(scaled_values(self._parts)[:, weighted])
        self._judged = dict(enumerate(self._parts))

    @property
    def rows(self) -> list[int]:
        """Rows of the ranked sites, best first."""
        return [self._admitted[n] for n in self._chosen]

    def likely(self, count: int) -> list[int]:
        """Return the rows of the best by the point, apart from each other, best first."""
        chosen = best_rows(self._examined, self._metrics, self._admitted, self._request, count)
        return [self._admitted[n] for n in chosen]

    def judge(self, judged: Mapping[int, SiteMetrics]) -> None:
        """Rank some rows by other metrics of theirs, scaled among themselves, and none but them."""
        rows = list(judged)
        parts = score_parts([judged[row] for row in rows], self._request.weights)
        score = np.array([_score(each) for each in parts])
        order = best_separated(
            score, self._examined.xy_m[rows], self._request.min_separation_m, self._request.max_sites
        )
        self._chosen = [self._admitted.index(rows[n]) for n in order]
        self._judged = {self._admitted.index(row): each for row, each in zip(rows, parts, strict=True)}

    def sites(
        self, errors: Sequence[MetricErrors], ellipses: Sequence[EllipseMetrics], *, is_synthetic: bool
    ) -> tuple[Site, ...]:
        """Return the ranked sites, given the errors and the landing ellipse of each."""
        robustness = self._robustness(errors)
        return tuple(
            self._site(rank, n, robustness[rank - 1], ellipses[rank - 1], is_synthetic=is_synthetic)
            for rank, n in enumerate(self._chosen, start=1)
        )

    def pareto_front(self) -> tuple[FrontPoint, ...]:
        """Return the candidates that no other beats in every weighted criterion, the highest scores first."""
        found = []
        for n in np.nonzero(self._front)[0].tolist():
            x_m, y_m = (float(value) for value in self._examined.xy_m[self._admitted[n]])
            ground_m = float(self._examined.sun.ground_elevation_m[self._admitted[n]])
            place = place_at(x_m, y_m, self._scene.pole, ground_m)
            found.append(FrontPoint(place, x_m, y_m, _score(self._parts[n]), self._parts[n]))
        return tuple(sorted(found, key=lambda point: -point.score)[:MAX_FRONT])

    def _robustness(self, errors: Sequence[MetricErrors]) -> tuple[RankRobustness, ...]:
        seed = int(content_key(self._search_id, "robustness")[:8], 16)
        weights = np.array(list(self._request.weights.values()))
        scaled = scaled_values([self._judged[n] for n in self._chosen])
        light, ground = (self._shift(errors, light) for light in (True, False))
        return rank_robustness(scaled, light, ground, weights, self._request.samples, seed)

    def _shift(self, errors: Sequence[MetricErrors], light: bool) -> FloatArray:
        """Change of the chosen sites' scaled values, by the scale of all admitted candidates."""
        metrics = [self._metrics[row] for row in self._admitted]
        return np.array(
            [
                scaled_changes(metrics, metrics[n], errors[place].shifted(metrics[n], light), self._request.weights)
                for place, n in enumerate(self._chosen)
            ]
        )

    def _site(
        self, rank: int, n: int, robustness: RankRobustness, ellipse: EllipseMetrics, *, is_synthetic: bool
    ) -> Site:
        row, parts = self._admitted[n], self._judged[n]
        x_m, y_m = (float(value) for value in self._examined.xy_m[row])
        ground_m = float(self._examined.sun.ground_elevation_m[row])
        said = explanation(rank, parts, self._metrics[row], len(self._admitted))
        ground = SYNTHETIC if is_synthetic else ""
        return Site(
            site_id="site-" + content_key(self._search_id, rank)[:20],
            rank=rank,
            place=place_at(x_m, y_m, self._scene.pole, ground_m),
            x_m=x_m,
            y_m=y_m,
            score=_score(parts),
            score_parts=parts,
            metrics=self._metrics[row],
            explanation=f"{ground}{said} {of_ellipse(ellipse)} {_of_robustness(robustness, self._request.samples)}",
            terrain_stack_id=self._request.terrain_stack_id,
            robustness=robustness,
            on_pareto_front=bool(self._front[n]),
            ellipse=ellipse,
            on_synthetic_ground=is_synthetic,
        )


def _score(parts: Sequence[ScorePart]) -> float:
    return float(sum(part.contribution for part in parts))


def _of_robustness(robustness: RankRobustness, samples: int) -> str:
    chance, mean = 100.0 * robustness.first_chance, robustness.mean_rank
    return f"In {samples} draws of weights and heights it is first in {chance:.0f} %; its mean rank is {mean:.1f}."
