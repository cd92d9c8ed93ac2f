"""Site searches and sites from and to protobuf messages."""

from __future__ import annotations

from malapert.landing_site.v1 import event_pb2, site_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import from_timestamp, to_timestamp

from malapert_landing_site.domain.site import (
    LanderLimits,
    ScorePart,
    Site,
    SiteCriterion,
    SiteMetrics,
    SiteSearch,
    SiteSearchRequest,
)
from malapert_landing_site.handlers.keep_out_messages import keep_out_message, keep_outs_of
from malapert_landing_site.handlers.messages import place_of, point_message, provenance_message
from malapert_landing_site.services.landing_dates import LandingDates, LandingDateScan

_LIMIT_FIELDS = tuple(field.name for field in site_pb2.LanderLimits.DESCRIPTOR.fields)
_METRIC_FIELDS = tuple(field.name for field in site_pb2.SiteMetrics.DESCRIPTOR.fields)


def criterion_of(number: site_pb2.SiteCriterion.ValueType) -> SiteCriterion:
    """Return the criterion of an enum's number; raise ValueError where it is none."""
    return SiteCriterion(site_pb2.SiteCriterion.Name(number).removeprefix("SITE_CRITERION_").lower())


def criterion_number(criterion: SiteCriterion) -> site_pb2.SiteCriterion.ValueType:
    """Return the enum's number of a criterion."""
    return site_pb2.SiteCriterion.Value(f"SITE_CRITERION_{criterion.name}")


def search_request_of(message: site_pb2.SearchSitesRequest) -> SiteSearchRequest:
    """Return the request that a message states."""
    return SiteSearchRequest(
        terrain_stack_id=message.terrain_stack_id,
        start_time=from_timestamp(message.span.start_time),
        end_time=from_timestamp(message.span.end_time),
        landing_time=from_timestamp(message.landing_time),
        limits=LanderLimits(**{name: getattr(message.limits, name) for name in _LIMIT_FIELDS}),
        weights={criterion_of(w.criterion): w.weight for w in message.weights},
        array_height_m=message.array_height_m,
        antenna_height_m=message.antenna_height_m,
        max_sites=message.max_sites,
        min_separation_m=message.min_separation_m,
        mission_id=message.mission_id,
        keep_outs=keep_outs_of(message.keep_outs),
        robustness_samples=message.robustness_samples,
    )


def search_request_message(request: SiteSearchRequest) -> site_pb2.SearchSitesRequest:
    """Return the message of a request."""
    return site_pb2.SearchSitesRequest(
        terrain_stack_id=request.terrain_stack_id,
        span=type_pb2.Interval(start_time=to_timestamp(request.start_time), end_time=to_timestamp(request.end_time)),
        landing_time=to_timestamp(request.landing_time),
        limits=site_pb2.LanderLimits(**{name: getattr(request.limits, name) for name in _LIMIT_FIELDS}),
        weights=[
            site_pb2.CriterionWeight(criterion=criterion_number(criterion), weight=weight)
            for criterion, weight in request.weights.items()
        ],
        array_height_m=request.array_height_m,
        antenna_height_m=request.antenna_height_m,
        max_sites=request.max_sites,
        min_separation_m=request.min_separation_m,
        mission_id=request.mission_id,
        keep_outs=[keep_out_message(keep_out) for keep_out in request.keep_outs],
        robustness_samples=request.robustness_samples,
    )


def metrics_message(metrics: SiteMetrics) -> site_pb2.SiteMetrics:
    """Return the message of a site's metrics."""
    return site_pb2.SiteMetrics(**{name: getattr(metrics, name) for name in _METRIC_FIELDS})


def part_message(part: ScorePart) -> site_pb2.ScorePart:
    """Return the message of a part of a score."""
    return site_pb2.ScorePart(
        criterion=criterion_number(part.criterion),
        value=part.value,
        unit=part.unit,
        normalised=part.normalised,
        weight=part.weight,
        contribution=part.contribution,
    )


def site_message(site: Site) -> site_pb2.Site:
    """Return the message of a site."""
    return site_pb2.Site(
        site_id=site.site_id,
        rank=site.rank,
        point=point_message(site.place),
        grid_point=type_pb2.GridPoint(x_m=site.x_m, y_m=site.y_m),
        score=site.score,
        score_parts=[part_message(part) for part in site.score_parts],
        metrics=metrics_message(site.metrics),
        explanation=site.explanation,
        terrain_stack_id=site.terrain_stack_id,
        on_pareto_front=site.on_pareto_front,
        first_chance=site.robustness.first_chance,
        top_three_chance=site.robustness.top_three_chance,
        mean_rank=site.robustness.mean_rank,
    )


def search_message(search: SiteSearch) -> site_pb2.SiteSearch:
    """Return the message of a search."""
    return site_pb2.SiteSearch(
        site_search_id=search.site_search_id,
        sites=[site_message(site) for site in search.sites],
        candidate_count=search.candidate_count,
        admitted_count=search.admitted_count,
        rejections=[site_pb2.RejectionCount(limit=limit, count=n) for limit, n in search.rejections.items()],
        request=search_request_message(search.request),
        provenance=provenance_message(search.provenance),
        pareto_front=[
            site_pb2.FrontPoint(
                point=point_message(point.place),
                grid_point=type_pb2.GridPoint(x_m=point.x_m, y_m=point.y_m),
                score=point.score,
                score_parts=[part_message(part) for part in point.score_parts],
            )
            for point in search.pareto_front
        ],
    )


def ranked_event(search: SiteSearch) -> event_pb2.SitesRanked:
    """Return the event that announces a search's result."""
    return event_pb2.SitesRanked(
        site_search_id=search.site_search_id,
        mission_id=search.request.mission_id,
        terrain_stack_id=search.request.terrain_stack_id,
        site_ids=[site.site_id for site in search.sites],
        candidate_count=search.candidate_count,
        admitted_count=search.admitted_count,
    )


def landing_date_request_of(message: site_pb2.ScanLandingDatesRequest) -> LandingDateScan:
    """Return the request for a scan of landing dates that a message states."""
    return LandingDateScan(
        terrain_stack_id=message.terrain_stack_id,
        places=tuple(place_of(point) for point in message.points),
        start_time=from_timestamp(message.span.start_time),
        end_time=from_timestamp(message.span.end_time),
        step_s=message.step_s,
        min_lit_days=message.min_lit_days,
        earth_visible_at_landing=message.earth_visible_at_landing,
        array_height_m=message.array_height_m,
        antenna_height_m=message.antenna_height_m,
    )


def landing_dates_message(found: LandingDates) -> site_pb2.ScanLandingDatesResponse:
    """Return the message of a scan of landing dates."""
    return site_pb2.ScanLandingDatesResponse(
        landing_times=[to_timestamp(time) for time in found.landing_times],
        places=[
            site_pb2.LandingDatesOfPlace(
                point=point_message(place),
                lit_s=found.lit_s[n].tolist(),
                earth_visible=found.earth_visible[n].tolist(),
                admitted=found.admitted[n].tolist(),
                admitted_share=float(found.admitted[n].mean()),
            )
            for n, place in enumerate(found.places)
        ],
        provenance=provenance_message(found.provenance),
    )
