"""The content of a Tracking Data Message: segments with their metadata and observations."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation: a keyword, an epoch as it was written, TDB seconds past J2000 (NaN for SCLK), and a value."""

    keyword: str
    epoch: str
    epoch_tdb_s: float
    value: float


@dataclass(frozen=True)
class TdmSegment:
    """One segment: metadata as written, and observations in their order."""

    metadata: dict[str, str]
    observations: tuple[Observation, ...]


@dataclass(frozen=True)
class Tdm:
    """A tracking data message, or several in one NDM."""

    version: str
    originator: str
    creation_date: str
    segments: tuple[TdmSegment, ...]
