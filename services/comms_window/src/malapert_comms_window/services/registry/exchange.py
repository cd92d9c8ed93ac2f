"""Tracking data messages: what is in one, and what a station is predicted to observe."""

from dataclasses import dataclass, replace

import numpy as np
from malapert_astro.ndm.epochs import utc_text
from malapert_astro.ndm.faults import NdmError
from malapert_astro.ndm.tdm import Observation, Tdm, TdmSegment, read_tdm, write_tdm
from malapert_astro.ndm.tdm_keywords import UNITS
from malapert_astro.times import utc_datetime, utc_from_tdb, utc_seconds
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError
from malapert_core.reading_processes import QUICK_BYTES, ReadingProcesses
from malapert_core.rpc.server import FILE_LIMIT_BYTES

from malapert_comms_window import SOFTWARE
from malapert_comms_window.domain.windows import Window
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.storage.window_sets import WindowSetStore

_OBSERVED = (
    ("ANGLE_1", "station_azimuth_deg"),
    ("ANGLE_2", "station_elevation_deg"),
    ("RANGE", "range_km"),
    ("DOPPLER_INSTANTANEOUS", "range_rate_km_s"),
)


@dataclass(frozen=True, slots=True)
class ObservationSummary:
    """Observations of one keyword: least and greatest value, and the span, Unix seconds UTC, where there is one."""

    keyword: str
    unit: str
    count: int
    least: float
    greatest: float
    span_utc_s: tuple[float, float] | None


class ExchangeService:
    """Reads and writes tracking data.

    Parameters
    ----------
    database : Database
    window_sets : WindowSetStore
    clock : Clock
    reading : ReadingProcesses
        Reads large messages.
    """

    def __init__(
        self, database: Database, window_sets: WindowSetStore, clock: Clock, reading: ReadingProcesses
    ) -> None:
        self._database = database
        self._window_sets = window_sets
        self._clock = clock
        self._reading = reading

    async def read(self, content: bytes, agency_id: str) -> tuple[Tdm, list[list["ObservationSummary"]]]:
        """Return a message of an agency without its observations, and what each of its segments holds by keyword.

        Raises
        ------
        InvalidInputError
            ``INVALID_TRACKING_DATA`` with every fault.
        ExhaustedError
            ``READING_LIMIT`` where it takes more time or memory to read than there is.
        """
        if len(content) > FILE_LIMIT_BYTES:
            fault = Fault("content", "TOO_LARGE", f"{len(content)} bytes are more than {FILE_LIMIT_BYTES}")
            raise InvalidInputError("INVALID_TRACKING_DATA", "the message is too long", faults=[fault])
        if len(content) <= QUICK_BYTES:
            return _read(content)
        return await self._reading.run(agency_id, _read, content)

    async def predicted(self, window_set_id: str, window_id: str, *, xml: bool) -> bytes:
        """Return what a station will observe in a window: angles, range and range rate of the downlink.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_WINDOW``.
        InvalidInputError
            ``NO_STATION`` where the window is not one between a station and something that it tracks.
        """
        async with self._database.reading() as session:
            window = await self._window_sets.window(session, window_set_id, window_id)
        if window is None:
            raise NotFoundError("window", window_id)
        profiles = {profile.quantity: profile for profile in window.profiles}
        if not window.station_id or any(name not in profiles for _, name in _OBSERVED):
            fault = Fault("window_id", "NO_STATION", f"{window.kind} windows have no station that measures")
            raise InvalidInputError("NO_STATION", "the window has no tracking station", faults=[fault])
        comments = [f"Written by {SOFTWARE}", f"Predicted: window {window_id} of window set {window_set_id}"]
        message = Tdm("2.0", "MALAPERT", utc_text(self._clock()), (_segment(window),))
        return write_tdm(message, xml=xml, comments=comments)


def _read(content: bytes) -> tuple[Tdm, list[list[ObservationSummary]]]:
    try:
        tdm = read_tdm(content)
    except NdmError as error:
        faults = [Fault(f"content, {each.where}", each.code, each.message) for each in error.faults]
        message = f"the message has {len(faults)} faults"
        raise InvalidInputError("INVALID_TRACKING_DATA", message, faults=faults) from error
    bare = replace(tdm, segments=tuple(replace(segment, observations=()) for segment in tdm.segments))
    return bare, [summaries(segment) for segment in tdm.segments]


def summaries(segment: TdmSegment) -> list[ObservationSummary]:
    """Return what a segment holds by keyword, in order of their names."""
    found = []
    by_keyword: dict[str, list[Observation]] = {}
    for observation in segment.observations:
        by_keyword.setdefault(observation.keyword, []).append(observation)
    for keyword, chosen in sorted(by_keyword.items()):
        epochs = utc_from_tdb([each.epoch_tdb_s for each in chosen])
        values = [each.value for each in chosen]
        span = None if np.isnan(epochs).any() else (float(np.min(epochs)), float(np.max(epochs)))
        stem = keyword if keyword in UNITS else keyword[:-2]
        found.append(ObservationSummary(keyword, _unit(stem, segment), len(chosen), min(values), max(values), span))
    return found


def _unit(stem: str, segment: TdmSegment) -> str:
    return segment.metadata.get("RANGE_UNITS", "km") if stem == "RANGE" else UNITS[stem]


def _segment(window: Window) -> TdmSegment:
    profiles = {profile.quantity: profile for profile in window.profiles}
    start_s = utc_seconds(window.start_time)
    observations = [
        Observation(keyword, utc_text(utc_datetime(start_s + offset_s)), np.nan, float(value))
        for keyword, name in _OBSERVED
        for offset_s, value in zip(profiles[name].offset_s, profiles[name].value, strict=True)
    ]
    metadata = {
        "TIME_SYSTEM": "UTC",
        "START_TIME": utc_text(window.start_time),
        "STOP_TIME": utc_text(window.end_time),
        "PARTICIPANT_1": window.station_id,
        "PARTICIPANT_2": window.orbiter_id or window.place_id,
        "MODE": "SEQUENTIAL",
        "PATH": "2,1",
        "TIMETAG_REF": "RECEIVE",
        "RANGE_UNITS": "km",
        "ANGLE_TYPE": "AZEL",
        "CORRECTIONS_APPLIED": "NO",
    }
    return TdmSegment(metadata, tuple(observations))
