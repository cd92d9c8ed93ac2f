"""Earth orbiters by two-line elements: the lines checked, then SGP4 and the way from TEME to J2000."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sgp4.api import SGP4_ERRORS, WGS72, Satrec

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import EphemerisSpanError
from malapert_astro.frames import rotate, rotate_back
from malapert_astro.orbits import Orbit
from malapert_astro.points import Body
from malapert_astro.times import tdb_from_utc, utc_datetime, utc_from_tdb
from malapert_astro.two_line_columns import LENGTH, column_faults
from malapert_astro.unclean_characters import UNCLEAN_IN_LINES

Floats = NDArray[np.float64]

LONGEST_AGE_S = 14 * 86_400.0
"""Longest time from its epoch, seconds, for which an element set is used: the error of a low orbit grows by
kilometres a day."""
HIGHEST_KM = 300_000.0
"""Highest apogee: beyond is the Moon's sphere, of whose pull SGP4 knows a mean alone."""
_JULIAN_UNIX_EPOCH = 2_440_587.5
_DAY_S = 86_400.0
_PROBE_S = 60.0
_SHORTEST_SPAN_S = 3600.0


class TwoLineError(ValueError):
    """Lines that are no two-line elements: (where, code, message) of every fault."""

    def __init__(self, faults: list[tuple[str, str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{where}: {message}" for where, _, message in faults))


@dataclass(frozen=True)
class TwoLineElements:
    """Checked lines: the name (empty without a title line), the catalogue number and the epoch."""

    name: str
    first: str
    second: str
    catalogue_number: str
    epoch_utc_s: float


def read_two_line_elements(text: str) -> TwoLineElements:
    """Return the elements of two lines, or of three with a title.

    Raises
    ------
    TwoLineError
        With every fault: lines missing, of wrong length or number, columns with what is not allowed in them, bad
        checksums, numbers that differ.
    """
    text = text.removeprefix("\ufeff")
    control = UNCLEAN_IN_LINES.search(text)
    if control is not None:
        where = f"line {text.count(chr(10), 0, control.start()) + 1}"
        raise TwoLineError([(where, "CONTROL_CHARACTER", f"the character U+{ord(control[0]):04X} is not allowed")])
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if len(lines) not in (2, 3):
        raise TwoLineError([("text", "WRONG_LINES", f"two lines, or three with a title, not {len(lines)}")])
    name = lines[0].removeprefix("0 ").strip() if len(lines) == 3 else ""
    faults = [fault for number, line in enumerate(lines[-2:], 1) for fault in _line_faults(number, line)]
    first, second = lines[-2:]
    if not faults and first[2:7].lstrip() != second[2:7].lstrip():
        faults.append(("line 2", "DIFFERENT_OBJECTS", f"object {second[2:7]} is not {first[2:7]} of line 1"))
    if faults:
        raise TwoLineError(faults)
    satellite = Satrec.twoline2rv(first, second, WGS72)
    if satellite.error:
        raise TwoLineError([("text", "NOT_ELEMENTS", SGP4_ERRORS.get(satellite.error, "the elements make no orbit"))])
    apogee_km = (1.0 + satellite.alta) * satellite.radiusearthkm
    if apogee_km > HIGHEST_KM:
        message = f"the apogee is {apogee_km:.0f} km from the Earth's centre; SGP4 is used up to {HIGHEST_KM:.0f} km"
        raise TwoLineError([("line 2", "OUT_OF_RANGE", message)])
    epoch_utc_s = (satellite.jdsatepoch - _JULIAN_UNIX_EPOCH + satellite.jdsatepochF) * _DAY_S
    return TwoLineElements(name, first, second, first[2:7].strip(), epoch_utc_s)


def _line_faults(number: int, line: str) -> list[tuple[str, str, str]]:
    where = f"line {number}"
    if len(line) != LENGTH or not line.isascii():
        return [(where, "WRONG_LENGTH", f"{LENGTH} ASCII characters are needed, not {len(line)}")]
    faults = []
    if not line.startswith(f"{number} "):
        return [(where, "WRONG_NUMBER", f"it must begin with '{number} ', not {line[:2]!r}")]
    expected = checksum(line)
    if line[68] != str(expected):
        faults.append((where, "WRONG_CHECKSUM", f"the checksum is {line[68]!r}; the line sums to {expected}"))
    return faults + column_faults(number, line)


def checksum(line: str) -> int:
    """Return the sum of digits, minus signs counting 1, of the first 68 characters, modulo 10."""
    return sum(int(letter) if letter.isdigit() else letter == "-" for letter in line[:68]) % 10


class TwoLineOrbit(Orbit):
    """An Earth orbiter by SGP4 (Vallado et al., AIAA 2006-6753), within 14 days of its epoch.

    Parameters
    ----------
    elements
        The elements.
    ephemeris
        Gives the Earth's orientation.

    Raises
    ------
    EphemerisSpanError
        If there are no states for an hour about the epoch.

    Notes
    -----
    TEME is turned to the Earth-fixed axes by Greenwich mean sidereal time of 1982 with UTC in place of UT1, and from
    there to J2000 by ITRF93: both skip polar motion and UT1−UTC, under 500 m at 1000 km height while |UT1−UTC| < 0.9 s
    and 50 m at its present 0.1 s, less than the elements' own error.
    """

    def __init__(self, elements: TwoLineElements, ephemeris: Ephemeris) -> None:
        super().__init__(Body.EARTH)
        self.elements = elements
        self._ephemeris = ephemeris
        self._satellite = Satrec.twoline2rv(elements.first, elements.second, WGS72)
        self._span_tdb_s = self._usable_span()

    @property
    def spans_tdb_s(self) -> tuple[tuple[float, float], ...]:
        """14 days to both sides of the epoch, less what SGP4 or the Earth's orientation does not give."""
        return (self._span_tdb_s,)

    def _usable_span(self) -> tuple[float, float]:
        ages_s = np.arange(-LONGEST_AGE_S, LONGEST_AGE_S + 1.0, _PROBE_S)
        utc_s = self.elements.epoch_utc_s + ages_s
        first_s, last_s = self._ephemeris.span_utc_s
        inside = (utc_s >= first_s) & (utc_s <= last_s)
        probed = utc_s / _DAY_S
        errors, _, _ = self._satellite.sgp4_array(np.floor(probed) + _JULIAN_UNIX_EPOCH, probed - np.floor(probed))
        failed = ages_s[(errors != 0) | ~inside]
        before, after = failed[failed <= 0.0], failed[failed >= 0.0]
        # The last probes that gave a state: after a decay SGP4 has none.
        start_s = before[-1] + _PROBE_S if before.size else -LONGEST_AGE_S
        end_s = after[0] - _PROBE_S if after.size else LONGEST_AGE_S
        if end_s - start_s < _SHORTEST_SPAN_S:
            epoch = utc_datetime(self.elements.epoch_utc_s).isoformat()
            message = f"about the epoch {epoch} SGP4 and the Earth's orientation give states for less than an hour"
            raise EphemerisSpanError(message)
        first, last = tdb_from_utc([self.elements.epoch_utc_s + start_s, self.elements.epoch_utc_s + end_s])
        return float(first), float(last)

    @property
    def longest_piece_s(self) -> float:
        """The time of one turn at the rate of the perigee."""
        eccentricity = self._satellite.ecco
        rate_rad_s = self._satellite.no_kozai / 60.0 * math.sqrt(1.0 + eccentricity) / (1.0 - eccentricity) ** 1.5
        return float(2.0 * math.pi / rate_rad_s)

    def _state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        epoch = epoch_tdb_s
        days = utc_from_tdb(epoch) / _DAY_S
        whole = np.floor(days)
        errors, position, velocity = self._satellite.sgp4_array(whole + _JULIAN_UNIX_EPOCH, days - whole)
        if np.any(errors):
            reason = SGP4_ERRORS.get(int(errors[errors != 0][0]), "unknown")
            raise EphemerisSpanError(f"SGP4 has no state of object {self.elements.catalogue_number}: {reason}")
        angle = _sidereal_rad(days)
        to_earth = np.zeros((3, 3, epoch.size))
        to_earth[0, 0] = to_earth[1, 1] = np.cos(angle)
        to_earth[0, 1], to_earth[1, 0], to_earth[2, 2] = np.sin(angle), -np.sin(angle), 1.0
        from_inertial = self._ephemeris.earth_motion(epoch).from_inertial
        # The velocity in inertial axes is turned like the position: both rotations are of axes only.
        return tuple(  # type: ignore[return-value]
            np.ascontiguousarray(rotate_back(from_inertial, rotate(to_earth, np.asarray(vector).T)))
            for vector in (position, velocity)
        )


def _sidereal_rad(unix_days: Floats) -> Floats:
    """Return Greenwich mean sidereal time of 1982 (Aoki et al.), radians, of days since 1970 in UT1."""
    days = unix_days + _JULIAN_UNIX_EPOCH - 2_451_545.0
    centuries = days / 36_525.0
    seconds = 67_310.54841 + (876_600.0 * 3600.0 + 8_640_184.812866) * centuries
    seconds = seconds + 0.093104 * centuries**2 - 6.2e-6 * centuries**3
    return np.asarray(np.radians(np.mod(seconds, _DAY_S) / 240.0))
