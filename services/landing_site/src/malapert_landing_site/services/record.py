"""Provenance of the service's results."""

from __future__ import annotations

from malapert_astro.ephemeris import Ephemeris
from malapert_core.timestamps import utc_now
from malapert_core.vocabulary.provenance import InputRecord, Provenance

from malapert_landing_site import __version__
from malapert_landing_site.domain.terrain import TerrainStack

SOFTWARE = f"malapert-landing-site {__version__}"


def ephemeris_inputs(ephemeris: Ephemeris) -> tuple[InputRecord, ...]:
    """The kernels of an ephemeris as inputs."""
    return tuple(InputRecord(record.kind, record.name, record.content_hash) for record in ephemeris.records)


def provenance_of(
    stack: TerrainStack, parameters: dict[str, str], ephemeris: Ephemeris | None = None, notes: tuple[str, ...] = ()
) -> Provenance:
    """Provenance of a result from a stack, and from an ephemeris where light took part."""
    terrains = tuple(InputRecord("terrain", t.title, t.content_hash) for t in stack.terrains)
    return Provenance(
        inputs=terrains + (ephemeris_inputs(ephemeris) if ephemeris is not None else ()),
        parameters=parameters,
        software=SOFTWARE,
        created_time=utc_now(),
        synthetic_terrain=stack.synthetic,
        notes=stack.notes + notes,
    )
