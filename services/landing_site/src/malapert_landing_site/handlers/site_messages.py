"""Site searches and sites from and to protobuf messages."""

from __future__ import annotations

from malapert.landing_site.v1 import event_pb2, site_pb2
from malapert.type.v1 import type_pb2
from malapert_core.rpc.mapping import named, number_of, to_domain, to_message
from malapert_core.timestamps import to_timestamp

from malapert_landing_site.domain.site import Site, SiteCriterion, SiteSearch, SiteSearchRequest
from malapert_landing_site.handlers.keep_out_messages import keep_outs_of
from malapert_landing_site.handlers.messages import place_of
from malapert_landing_site.services.landing_dates import LandingDates, LandingDateScan


def criterion_of(number: int) -> SiteCriterion:
    """Return the criterion of an enum's number; raise ValueError where it is none."""
    criterion = named(SiteCriterion, site_pb2.SiteCriterion.DESCRIPTOR, number)
    if criterion is None:
        raise ValueError(f"{number} is no criterion")
    return criterion


def search_request_of(message: site_pb2.SearchSitesRequest) -> SiteSearchRequest:
    """Return the request that a message states."""
    weights = {criterion_of(each.criterion): each.weight for each in message.weights}
    return to_domain(message, SiteSearchRequest, weights=weights, keep_outs=keep_outs_of(message.keep_outs))


def search_request_message(request: SiteSearchRequest) -> site_pb2.SearchSitesRequest:
    """Return the message of a request."""
    enum = site_pb2.SiteCriterion.DESCRIPTOR
    weights = [
        site_pb2.CriterionWeight(criterion=number_of(criterion, enum), weight=weight)  # type: ignore[arg-type]
        for criterion, weight in request.weights.items()
    ]
    return to_message(request, site_pb2.SearchSitesRequest, weights=weights)


def site_message(site: Site) -> site_pb2.Site:
    """Return the message of a site."""
    return to_message(site, site_pb2.Site, point=to_message(site.place, type_pb2.SurfacePoint))


def search_message(search: SiteSearch) -> site_pb2.SiteSearch:
    """Return the message of a search."""
    return to_message(
        search,
        site_pb2.SiteSearch,
        sites=map(site_message, search.sites),
        rejections=[site_pb2.RejectionCount(limit=limit, count=n) for limit, n in search.rejections.items()],
        request=search_request_message(search.request),
        pareto_front=[
            to_message(point, site_pb2.FrontPoint, point=to_message(point.place, type_pb2.SurfacePoint))
            for point in search.pareto_front
        ],
    )


def ranked_event(search: SiteSearch) -> event_pb2.SitesRanked:
    """Return the event that announces a search's result."""
    return to_message(
        search,
        event_pb2.SitesRanked,
        mission_id=search.request.mission_id,
        terrain_stack_id=search.request.terrain_stack_id,
        site_ids=[site.site_id for site in search.sites],
    )


def landing_date_request_of(message: site_pb2.ScanLandingDatesRequest) -> LandingDateScan:
    """Return the request for a scan of landing dates that a message states."""
    return to_domain(message, LandingDateScan, places=tuple(map(place_of, message.points)))


def landing_dates_message(found: LandingDates) -> site_pb2.ScanLandingDatesResponse:
    """Return the message of a scan of landing dates."""
    return site_pb2.ScanLandingDatesResponse(
        landing_times=[to_timestamp(time) for time in found.landing_times],
        places=[
            site_pb2.LandingDatesOfPlace(
                point=to_message(place, type_pb2.SurfacePoint),
                lit_s=found.lit_s[n].tolist(),
                earth_visible=found.earth_visible[n].tolist(),
                admitted=found.admitted[n].tolist(),
                admitted_share=float(found.admitted[n].mean()),
                ellipse_share=[] if found.ellipse_share is None else found.ellipse_share[n].tolist(),
            )
            for n, place in enumerate(found.places)
        ],
        provenance=to_message(found.provenance, type_pb2.Provenance),
    )
