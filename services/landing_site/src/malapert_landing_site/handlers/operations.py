"""The site search as an operation."""

from __future__ import annotations

from malapert.landing_site.v1 import site_pb2
from malapert_core.audit.trail import AuditTrail
from malapert_core.events.outbox import EventOutbox
from malapert_core.operations.operations import OperationContext
from malapert_core.policy.audience import Visibility

from malapert_landing_site.handlers.site_messages import ranked_event, search_request_of
from malapert_landing_site.services.site_searches import SiteSearches
from malapert_landing_site.storage.sites import SiteSearchStore


class SearchOperation:
    """Does a search, or finds that it was done; result and event are written in one transaction."""

    def __init__(self, searches: SiteSearches, outbox: EventOutbox, audit: AuditTrail) -> None:
        self._searches = searches
        self._audit = audit
        self._outbox = outbox

    async def __call__(self, context: OperationContext) -> str | None:
        """Handle one operation and return the identifier of a search that was done before."""
        request = search_request_of(site_pb2.SearchSitesRequest.FromString(context.request))
        agency_id = context.identity.agency_id
        site_search_id = self._searches.identifier(request, agency_id)
        if await self._searches.find(site_search_id) is not None:
            context.stage("ranking", "Ranking")
            context.progress(1.0, "the same search was done before")
            return site_search_id
        search = await self._searches.compute(request, context, agency_id)
        async with context.finish(site_search_id) as session:
            if await SiteSearchStore(session).add(search):
                self._outbox.add(
                    session,
                    ranked_event(search),
                    entity_id=site_search_id,
                    agency_id=agency_id,
                    visibility=Visibility.MISSION if request.mission_id else Visibility.OWNER,
                )
                self._audit.record(
                    session,
                    "sites.ranked",
                    entity_kind="site_search",
                    entity_id=site_search_id,
                    mission_id=request.mission_id,
                )
        return None
