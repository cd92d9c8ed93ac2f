"""Robustness, Pareto fronts, landing ellipses and landing dates: against what they are by definition."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from malapert.landing_site.v1 import site_pb2, site_pb2_grpc, terrain_pb2, terrain_pb2_grpc
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.domain.ranking import scaled_changes
from malapert_landing_site.domain.robustness import pareto_front, rank_robustness
from malapert_landing_site.domain.site import SiteCriterion, SiteMetrics
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_landing_site.services.landing_dates import _runs
from malapert_landing_site.terrain.grid.surface import hazard_fractions
from malapert_landing_site.terrain.sites.ellipse import Ellipse
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

RIDGE = type_pb2.SurfacePoint(longitude_deg=222.7, latitude_deg=-89.45)
START = datetime(2029, 1, 1, tzinfo=UTC)


def test_a_site_that_is_best_in_everything_is_always_first() -> None:
    scaled, none = np.array([[1.0, 1.0], [0.5, 0.2], [0.1, 0.4]]), np.zeros((3, 2))
    first, *others = rank_robustness(scaled, none, none, np.array([2.0, 1.0]), 500, 1)
    assert (first.first_chance, first.mean_rank) == (1.0, 1.0)
    assert sum(site.first_chance for site in others) == 0.0


def test_chances_follow_weights_and_errors() -> None:
    """Two sites, each best in one of two criteria of equal weight: each is first in half of the draws."""
    scaled, none = np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros((2, 2))
    even = rank_robustness(scaled, none, none, np.ones(2), 20_000, 2)
    assert even[0].first_chance == pytest.approx(0.5, abs=0.02)
    assert sum(site.first_chance for site in even) == pytest.approx(1.0)
    # A difference of one standard deviation of one site's value: first with a chance of 84 %.
    scaled, error = np.array([[0.6], [0.5]]), np.array([[0.1], [0.0]])
    shaky = rank_robustness(scaled, np.zeros((2, 1)), error, np.ones(1), 20_000, 3)
    assert shaky[0].first_chance == pytest.approx(0.841, abs=0.01)
    assert shaky == rank_robustness(scaled, np.zeros((2, 1)), error, np.ones(1), 20_000, 3)


def test_the_pareto_front_equals_its_definition() -> None:
    rng = np.random.default_rng(5)
    values = rng.integers(0, 6, (120, 3)) / 5.0
    expected = [not any((v >= u).all() and (v > u).any() for v in values) for u in values]
    assert pareto_front(values).tolist() == expected
    assert 0 < sum(expected) < 60


def test_changes_are_scaled_as_the_values_are() -> None:
    def metrics(sun: float, slope_deg: float) -> SiteMetrics:
        return SiteMetrics(slope_deg, 0.0, 0.0, sun, sun, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    candidates = [metrics(0.2, 2.0), metrics(0.7, 12.0)]
    weights = {SiteCriterion.ILLUMINATION: 1.0, SiteCriterion.SLOPE: 1.0, SiteCriterion.HAZARD: 1.0}
    change = scaled_changes(candidates, metrics(0.5, 4.0), metrics(0.4, 6.0), weights)
    assert change == pytest.approx([-0.2, -0.2, 0.0])


def test_an_ellipse_of_hazards_lies_along_its_azimuth() -> None:
    bad = np.zeros((41, 41), bool)
    bad[20, :] = True  # a wall from grid west to grid east
    none, cell = np.zeros_like(bad), np.array([[20, 20]])
    along = hazard_fractions(bad, none, cell, 10.0, 2.0, np.array([90.0]))[0]
    across = hazard_fractions(bad, none, cell, 10.0, 2.0, np.array([0.0]))[0]
    assert along > 3.0 * across
    circle = hazard_fractions(bad, none, cell, 10.0)[0]
    assert hazard_fractions(bad, none, cell, 10.0, 10.0, np.array([33.0]))[0] == circle


def test_points_of_an_ellipse_are_spread_evenly_along_its_azimuth() -> None:
    # At 0° E of the south polar grid true north is grid north.
    place = np.array([[0.0, 30_000.0]])
    points = Ellipse(100.0, 20.0, 90.0).points(place, -1)[0] - place[0]
    assert points[0].tolist() == [0.0, 0.0]
    assert (np.hypot(points[:, 0] / 100.0, points[:, 1] / 20.0) < 1.0).all()
    # Of a uniform ellipse the variance along a semi-axis is a quarter of its square.
    assert points[:, 0].std() == pytest.approx(50.0, rel=0.1)
    assert points[:, 1].std() == pytest.approx(10.0, rel=0.1)
    turned = Ellipse(100.0, 20.0, 0.0).points(place, -1)[0] - place[0]
    assert turned[:, 1].std() == pytest.approx(50.0, rel=0.1)


def test_runs_of_light_from_each_moment_on() -> None:
    assert _runs(np.array([[True, True, False, True], [False] * 4])).tolist() == [[2, 1, 0, 1], [0, 0, 0, 0]]


def search_for(stack_id: str, **changes: Any) -> site_pb2.SearchSitesRequest:
    asked = {
        "terrain_stack_id": stack_id,
        "span": type_pb2.Interval(start_time=to_timestamp(START), end_time=to_timestamp(START + timedelta(days=30))),
        "landing_time": to_timestamp(START + timedelta(days=1)),
        "limits": site_pb2.LanderLimits(
            max_slope_deg=12.0, slope_baseline_m=80.0, landing_radius_m=120.0, landing_semi_minor_m=60.0,
            landing_azimuth_deg=45.0, max_hazard_fraction=0.5, hazard_slope_deg=15.0, min_lit_days=0.5,
        ),
        "weights": [
            site_pb2.CriterionWeight(criterion=site_pb2.SITE_CRITERION_ILLUMINATION, weight=3.0),
            site_pb2.CriterionWeight(criterion=site_pb2.SITE_CRITERION_SLOPE, weight=1.0),
        ],
        "array_height_m": 2.0, "antenna_height_m": 2.0, "max_sites": 5, "min_separation_m": 200.0,
        "robustness_samples": 400,
    }  # fmt: skip
    return site_pb2.SearchSitesRequest(**{**asked, **changes})


async def searched(channel: object, request: site_pb2.SearchSitesRequest) -> site_pb2.SiteSearch:
    sites = site_pb2_grpc.SiteServiceStub(channel)
    begun = await sites.SearchSites(request, timeout=60)
    last = operation_pb2.Operation()
    watch = operation_pb2.WatchOperationRequest(operation_id=begun.operation_id)
    async for response in operation_pb2_grpc.OperationServiceStub(channel).WatchOperation(watch, timeout=120):
        last = response.operation
    assert last.state == operation_pb2.OPERATION_STATE_SUCCEEDED, last.error_message
    found = await sites.GetSiteSearch(site_pb2.GetSiteSearchRequest(site_search_id=last.result_id))
    return found.site_search


@pytest.mark.asyncio
async def test_a_search_with_keep_outs_says_how_sure_its_ranks_are(sqlite_service_runtime: ServiceLauncher) -> None:
    services = [f"malapert.landing_site.v1.{name}Service" for name in ("Terrain", "Site")]
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("jaxa"), services) as channel,
    ):
        create = terrain_pb2.CreateTerrainStackRequest(
            region=terrain_pb2.Region(center=RIDGE, radius_m=1500.0),
            synthetic_detail=terrain_pb2.SyntheticDetail(seed=7, pixel_size_m=40.0),
        )
        stack = await terrain_pb2_grpc.TerrainServiceStub(channel).CreateTerrainStack(create, timeout=60)
        stack_id = stack.terrain_stack.terrain_stack_id
        search = await searched(channel, search_for(stack_id))
        assert sum(site.first_chance for site in search.sites) == pytest.approx(1.0)
        assert all(site.first_chance <= site.top_three_chance <= 1.0 for site in search.sites)
        assert all("In 400 draws" in site.explanation for site in search.sites)
        front = [point.score for point in search.pareto_front]
        assert front == sorted(front, reverse=True)
        assert search.sites[0].on_pareto_front  # the best sum of weights can be beaten in no criterion for free
        assert front[0] == pytest.approx(search.sites[0].score)
        for site in search.sites:
            assert site.on_synthetic_ground
            assert site.explanation.startswith("On synthetic detail, which nobody measured. ")
            light, night = site.ellipse.mean_sun_fraction, site.ellipse.longest_night_s
            assert light.worst <= light.tenth
            assert night.worst >= night.tenth >= night.mean
        worst = await searched(channel, search_for(stack_id, judged_over=site_pb2.SITE_JUDGEMENT_ELLIPSE_WORST))
        assert worst.request.judged_over == site_pb2.SITE_JUDGEMENT_ELLIPSE_WORST
        for site in worst.sites:
            values = {part.criterion: part.value for part in site.score_parts}
            assert values[site_pb2.SITE_CRITERION_ILLUMINATION] == pytest.approx(site.ellipse.mean_sun_fraction.worst)
            assert values[site_pb2.SITE_CRITERION_SLOPE] == pytest.approx(site.ellipse.slope_deg.worst)
        assert [site.score for site in worst.sites] == sorted((site.score for site in worst.sites), reverse=True)
        best = search.sites[0].grid_point
        closed = terrain_pb2.KeepOut(title="heritage", center=search.sites[0].point, radius_m=400.0)
        other = await searched(channel, search_for(stack_id, keep_outs=[closed]))
        for site in other.sites:
            away_m = np.hypot(site.grid_point.x_m - best.x_m, site.grid_point.y_m - best.y_m)
            assert away_m > 519.0  # the keep-out and the semi-major axis
        assert other.request.keep_outs[0].title == "heritage"
        bad = search_for(stack_id, keep_outs=[terrain_pb2.KeepOut(center=RIDGE, radius_m=0.0)])
        bad.limits.landing_semi_minor_m, bad.robustness_samples = 500.0, 200_000
        with pytest.raises(InvalidInputError) as refusal:
            await site_pb2_grpc.SiteServiceStub(channel).SearchSites(bad)
        assert {fault.path for fault in refusal.value.faults} == {
            "keep_outs[0].radius_m", "limits.landing_semi_minor_m", "robustness_samples",
        }  # fmt: skip

        scan = site_pb2.ScanLandingDatesRequest(
            terrain_stack_id=stack_id,
            points=[site.point for site in search.sites[:2]],
            span=type_pb2.Interval(start_time=to_timestamp(START), end_time=to_timestamp(START + timedelta(days=40))),
            min_lit_days=2.0, earth_visible_at_landing=True, array_height_m=2.0, antenna_height_m=2.0,
        )  # fmt: skip
        dates = await site_pb2_grpc.SiteServiceStub(channel).ScanLandingDates(scan, timeout=60)
        assert len(dates.landing_times) == 40
        assert from_timestamp(dates.landing_times[3]) == START + timedelta(days=3)
        place = dates.places[0]
        for lit_s, earth, admitted in zip(place.lit_s, place.earth_visible, place.admitted, strict=True):
            assert admitted == (lit_s >= 2 * 86_400.0 and earth)
        assert place.admitted_share == pytest.approx(np.mean(place.admitted))
        # What the search says of its landing date, measured with other steps and to the end of its span.
        lit_s = min(place.lit_s[1], 29 * 86_400.0)
        assert lit_s == pytest.approx(search.sites[0].metrics.lit_from_landing_s, abs=2 * 3600.0)
        scan.landing_radius_m, scan.landing_semi_minor_m = 120.0, 60.0
        around = await site_pb2_grpc.SiteServiceStub(channel).ScanLandingDates(scan, timeout=60)
        for here, ellipse in zip(dates.places, around.places, strict=True):
            assert list(ellipse.lit_s) == list(here.lit_s)
            assert all(0.0 <= share <= 1.0 for share in ellipse.ellipse_share)
            kept = zip(here.admitted, ellipse.ellipse_share, ellipse.admitted, strict=True)
            assert all(admitted == (alone and share >= 0.9) for alone, share, admitted in kept)
        scan.landing_radius_m = 10.0
        scan.points.extend([RIDGE] * 60)
        scan.min_lit_days = 1000.0
        with pytest.raises(InvalidInputError) as refusal:
            await site_pb2_grpc.SiteServiceStub(channel).ScanLandingDates(scan)
        assert {fault.path for fault in refusal.value.faults} == {"points", "min_lit_days", "landing_semi_minor_m"}
