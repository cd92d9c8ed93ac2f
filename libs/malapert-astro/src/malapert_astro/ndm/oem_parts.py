"""The vocabulary of an Orbit Ephemeris Message, and a segment as it is written."""

from dataclasses import dataclass, field

from malapert_astro.ndm.faults import Entry

NEEDED = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME")
OPTIONAL = ("REF_FRAME_EPOCH", "USEABLE_START_TIME", "USEABLE_STOP_TIME", "INTERPOLATION", "INTERPOLATION_DEGREE")
OTHER_HEADER = ("MESSAGE_ID", "CLASSIFICATION")
STATE = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
ACCELERATION = ("X_DDOT", "Y_DDOT", "Z_DDOT")
STATE_UNITS = {
    **dict.fromkeys(("X", "Y", "Z"), "km"),
    **dict.fromkeys(("X_DOT", "Y_DOT", "Z_DOT"), "km/s"),
    **dict.fromkeys(ACCELERATION, "km/s**2"),
}
COVARIANCE = tuple(f"C{row}_{column}" for at, row in enumerate(STATE) for column in STATE[: at + 1])
"""The lower triangle of a covariance matrix, row by row."""


@dataclass
class RawSegment:
    """Metadata by keyword, rows of states (an epoch and numbers) with their places, and what was passed over."""

    where: str
    metadata: dict[str, Entry] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


def covariance_unit(name: str) -> str:
    """Return the unit of an element of a covariance matrix."""
    rates = name.count("_DOT")
    return ("km**2", "km**2/s", "km**2/s**2")[rates]
