"""Provenance of a set of windows, and its identifier by that content."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.times import tdb_from_utc, utc_seconds
from malapert_core.vocabulary.content_hash import bytes_hash, content_hash
from malapert_core.vocabulary.provenance import InputRecord, Provenance
from pydantic import TypeAdapter

from malapert_comms_window import SOFTWARE
from malapert_comms_window.domain.figures import Confidence
from malapert_comms_window.domain.horizons import HorizonSet
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.window_requests import WindowRequest
from malapert_comms_window.geometry.conditions import EDGE_TOLERANCE_S
from malapert_comms_window.services.windows.searches import Inputs

_REQUEST = TypeAdapter(WindowRequest)


def provenance_of(given: Inputs, now: datetime) -> Provenance:
    """Return every input by content, and what a reader must know."""
    request, array, antenna, stations = given.request, given.array, given.antenna, given.stations
    orbiters = [orbiter for orbiter, _ in given.motions.values()]
    inputs = [InputRecord(record.kind, record.name, record.content_hash) for record in given.ephemeris.records]
    inputs += dict.fromkeys((*array.inputs, *antenna.inputs))
    for eye, horizons in (("array", array), ("antenna", antenna)):
        inputs += [_skyline_record(eye, horizons, index) for index in range(len(horizons.horizons))]
    inputs += [InputRecord("station", station.station_id, content_hash(asdict(station))) for station in stations]
    inputs += [
        InputRecord("orbiter", f"{each.orbiter_id} version {each.version}", each.content_hash) for each in orbiters
    ]
    return Provenance(
        inputs=tuple(inputs),
        parameters={"edge_tolerance_s": str(EDGE_TOLERANCE_S), "profile_step_s": str(request.profile_step_s)},
        software=SOFTWARE,
        created_time=now,
        synthetic_terrain=array.synthetic_terrain or antenna.synthetic_terrain,
        notes=(
            *_notes(request, stations, (array, antenna), given.ephemeris),
            *(f"{each.orbiter_id}: {note}" for each in orbiters for note in each.notes),
            *(
                f"{each.orbiter_id}: its motion covers {each.spans_text()}; its windows end there"
                for each in orbiters
                if not each.covers(request.start_time, request.end_time)
            ),
        ),
    )


def window_set_id_of(request: WindowRequest, provenance: Provenance, agency_id: str) -> str:
    """Return the identifier of the set that an agency's request makes from these inputs: the same give the same one.

    Members of a mission share its sets. Outside of missions each agency has its own: it does not see another's.
    """
    content = {
        "request": _REQUEST.dump_python(request, mode="json"),
        "inputs": [asdict(record) for record in provenance.inputs],
        "parameters": provenance.parameters,
        "software": provenance.software,
        **({} if request.mission_id else {"agency_id": agency_id}),
    }
    return "windows-" + content_hash(content).removeprefix("sha256:")[:32]


def _skyline_record(eye: str, horizons: HorizonSet, index: int) -> InputRecord:
    horizon = horizons.horizons[index]
    place = f"{horizon.longitude_deg!r} {horizon.latitude_deg!r} {horizon.elevation_m!r} {horizon.height_m!r}"
    content = place.encode() + horizon.skyline_deg.astype("<f8").tobytes() + repr(horizon.elevation_error_deg).encode()
    return InputRecord("skyline", f"{horizon.place_id} at {eye} height", bytes_hash(content))


def _notes(
    request: WindowRequest,
    stations: Sequence[Station],
    horizon_sets: tuple[HorizonSet, HorizonSet],
    ephemeris: Ephemeris,
) -> Iterable[str]:
    yield from dict.fromkeys(note for horizons in horizon_sets for note in horizons.notes)
    edges = tdb_from_utc([utc_seconds(request.start_time), utc_seconds(request.end_time)])
    yield "Earth orientation from " + ", ".join(ephemeris.earth_orientation_sources(edges))
    assumed = []
    for station in stations:
        if request.terminal is None or station.is_optical:
            continue
        entry = next((band for band in station.bands if band.band == request.terminal.band), None)
        if entry is None or entry.g_over_t_db_k is None:
            yield f"{station.station_id} does not receive the asked band: its rate is 0"
        elif entry.g_over_t_db_k.confidence is Confidence.ASSUMPTION:
            assumed.append(station.station_id)
    if assumed:
        yield f"G/T is an assumption at {', '.join(assumed)}"
