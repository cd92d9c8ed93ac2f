"""Searches for landing sites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from malapert_astro.ephemeris import Ephemeris
from malapert_core.db.database import Database
from malapert_core.timestamps import format_time
from sqlalchemy import ColumnElement

from malapert_landing_site.domain.provenance import content_key
from malapert_landing_site.domain.site import Site, SiteSearch, SiteSearchRequest, request_faults
from malapert_landing_site.domain.terrain import Holder
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.record import SOFTWARE, ephemeris_inputs, provenance_of
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import SceneLibrary
from malapert_landing_site.services.spans import computable_span_faults
from malapert_landing_site.storage.sites import SiteSearchStore
from malapert_landing_site.terrain.sites.search import Report, SiteFinder

_REFUSAL = "INVALID_SITE_SEARCH"


class SearchReport(Report, Protocol):
    """A report that can be asked whether to go on."""

    def raise_if_cancelled(self) -> None:
        """Raise where somebody asked to stop."""


class _CheckedReport:
    """Passes a report on, and ends the work where it was cancelled."""

    def __init__(self, report: SearchReport) -> None:
        self._report = report

    def stage(self, name: str, title: str) -> None:
        self._report.raise_if_cancelled()
        self._report.stage(name, title)

    def progress(self, fraction: float, detail: str = "") -> None:
        self._report.raise_if_cancelled()
        self._report.progress(fraction, detail)


class SiteSearches:
    """Searches, each done once: the same request has the same identifier and result."""

    def __init__(self, database: Database, scenes: SceneLibrary, ephemeris: Ephemeris, compute: Compute) -> None:
        self._database = database
        self._scenes = scenes
        self._ephemeris = ephemeris
        self._compute = compute

    async def check(self, request: SiteSearchRequest) -> None:
        """Refuse a request with faults, all at once, or one for an unknown stack.

        Raises
        ------
        InvalidInputError
            INVALID_SITE_SEARCH, or the code of the only fault.
        """
        faults = request_faults(request)
        faults += computable_span_faults(self._ephemeris, request.start_time, request.end_time)
        refuse(faults, _REFUSAL)
        await self._scenes.get(request.terrain_stack_id)

    def identifier(self, request: SiteSearchRequest, owner_agency_id: str) -> str:
        """Identifier of a search, from everything that determines its result, and its holder."""
        kernels = [record.content_hash for record in ephemeris_inputs(self._ephemeris)]
        holder = Holder(owner_agency_id, request.mission_id)
        return "search-" + content_key(SOFTWARE, kernels, _as_text(request), holder.key)[:20]

    async def find(self, site_search_id: str) -> SiteSearch | None:
        """Return the result of a search, or None where it was not done."""
        async with self._database.reading() as session:
            return await SiteSearchStore(session).find(site_search_id)

    async def compute(self, request: SiteSearchRequest, report: SearchReport, owner_agency_id: str) -> SiteSearch:
        """Do a search; raises as `SiteFinder.search` does."""
        scene = await self._scenes.get(request.terrain_stack_id)
        finder = SiteFinder(
            scene.scene, scene.site_grid, scene.stack.region, self._ephemeris, is_synthetic=scene.stack.synthetic
        )
        search_id = self.identifier(request, owner_agency_id)
        outcome = await self._compute.run(finder.search, request, search_id, _CheckedReport(report))
        parameters = outcome.parameters | {
            "start_time": format_time(request.start_time),
            "end_time": format_time(request.end_time),
        }
        notes = (
            "survey_light counts candidates that were set aside because others had more light in the survey, over "
            "the span and in the days after landing, before the limits on light were tried",
            "light from landing is counted up to the end of the span",
            "hazards and the distance to shadow are taken as exact in the draws of heights",
            "over landing ellipses what nine tenths keep and what is worst is with every skyline and slope one "
            "standard deviation worse",
        )
        return SiteSearch(
            site_search_id=search_id,
            sites=outcome.sites,
            candidate_count=outcome.candidate_count,
            admitted_count=outcome.admitted_count,
            rejections=outcome.rejections,
            request=request,
            provenance=provenance_of(scene.stack, parameters, self._ephemeris, notes),
            owner_agency_id=owner_agency_id,
            pareto_front=outcome.pareto_front,
        )

    async def get(self, site_search_id: str) -> SiteSearch:
        """Return the result of a search."""
        async with self._database.reading() as session:
            return await SiteSearchStore(session).get(site_search_id)

    async def get_site(self, site_id: str) -> Site:
        """Return one site."""
        async with self._database.reading() as session:
            return await SiteSearchStore(session).get_site(site_id)

    async def page(
        self, size: int, before_record_id: str, seen: ColumnElement[bool]
    ) -> Sequence[tuple[str, SiteSearch]]:
        """Return searches that are seen with their record identifiers, newest first."""
        async with self._database.reading() as session:
            return await SiteSearchStore(session).page(size, before_record_id, seen)


def _as_text(request: SiteSearchRequest) -> dict[str, str]:
    values: dict[str, object] = dict(request.__dict__)
    values["weights"] = sorted((criterion.value, weight) for criterion, weight in request.weights.items())
    return {name: repr(value) for name, value in values.items()}
