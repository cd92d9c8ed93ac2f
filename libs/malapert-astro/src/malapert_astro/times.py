"""UTC, Unix seconds and TDB seconds past J2000, by the leap seconds of a SPICE leap-seconds kernel (LSK).

`utc_s` is Unix seconds (leap seconds are not counted); `epoch_tdb_s` is barycentric dynamical time in seconds past
2000-01-01T12:00:00 TDB. TDB − TT is the periodic term of the kernel, K sin(M + EB sin M), as in SPICE ``DELTET``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro.errors import EphemerisSpanError, KernelError, NaiveDatetimeError
from malapert_astro.kernels import installed_kernels

Floats = NDArray[np.float64]

_J2000_UNIX_S = datetime(2000, 1, 1, 12, tzinfo=UTC).timestamp()
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_seconds(time: datetime) -> float:
    """Return Unix seconds UTC of an aware datetime.

    Raises
    ------
    NaiveDatetimeError
        If the datetime has no time zone.
    """
    if time.tzinfo is None or time.utcoffset() is None:
        raise NaiveDatetimeError(f"{time.isoformat()} has no time zone; give an aware datetime such as …+00:00")
    return (time - _UNIX_EPOCH) / timedelta(seconds=1)


def utc_datetime(utc_s: float) -> datetime:
    """Return the aware UTC datetime of Unix seconds, rounded to microseconds."""
    return _UNIX_EPOCH + timedelta(seconds=float(utc_s))


@dataclass(frozen=True)
class TimeScale:
    """Leap seconds and the constants of TDB − TT, as an LSK gives them.

    Parameters
    ----------
    step_utc_s
        Unix seconds at which each TAI − UTC begins, shape (k,), ascending.
    tai_minus_utc_s
        TAI − UTC from that instant, seconds, shape (k,).
    tt_minus_tai_s, amplitude_s, eccentricity, anomaly_rad, anomaly_rate_rad_s
        DELTA_T_A, K, EB and both parts of M.
    """

    step_utc_s: Floats
    tai_minus_utc_s: Floats
    tt_minus_tai_s: float
    amplitude_s: float
    eccentricity: float
    anomaly_rad: float
    anomaly_rate_rad_s: float

    @classmethod
    def read(cls, path: Path) -> "TimeScale":
        """Read an LSK.

        Raises
        ------
        KernelError
            If the file lacks one of the constants.
        """
        values = _read_constants(path)
        steps = list(_leap_steps(values["DELTA_AT"]))
        anomaly, rate = (_number(text) for text in values["M"].split())
        return cls(
            step_utc_s=np.array([start for start, _ in steps]),
            tai_minus_utc_s=np.array([offset for _, offset in steps]),
            tt_minus_tai_s=_number(values["DELTA_T_A"]),
            amplitude_s=_number(values["K"]),
            eccentricity=_number(values["EB"]),
            anomaly_rad=anomaly,
            anomaly_rate_rad_s=rate,
        )

    def tdb_from_utc(self, utc_s: ArrayLike) -> Floats:
        """Return TDB seconds past J2000 of Unix seconds UTC, any shape.

        Raises
        ------
        EphemerisSpanError
            If an instant is before the first leap second of the kernel (1972).
        """
        utc = np.asarray(utc_s, dtype=np.float64)
        if utc.size and utc.min() < self.step_utc_s[0]:
            first = utc_datetime(self.step_utc_s[0]).isoformat()
            raise EphemerisSpanError(
                f"UTC of {float(utc.min())} Unix seconds is before the leap seconds begin ({first})"
            )
        offset = self.tai_minus_utc_s[np.searchsorted(self.step_utc_s, utc, side="right") - 1]
        return self.tdb_from_tt(utc - _J2000_UNIX_S + offset + self.tt_minus_tai_s)

    def tdb_from_tt(self, tt_s: ArrayLike) -> Floats:
        """Return TDB of TT, both in seconds past J2000, any shape."""
        terrestrial = np.asarray(tt_s, dtype=np.float64)
        return np.asarray(terrestrial + self._tdb_minus_tt_s(terrestrial))

    def utc_from_tdb(self, epoch_tdb_s: ArrayLike) -> Floats:
        """Return Unix seconds UTC of TDB seconds past J2000, any shape."""
        tai_s = self._tai_from_tdb(epoch_tdb_s)
        return np.asarray(tai_s - self.tai_minus_utc_s[self._steps_at(tai_s)])

    def utc_and_leaps(self, epoch_tdb_s: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
        """Return Unix seconds UTC, whole microseconds, and whether each is in a leap second, any shape.

        In a leap second they are those of the second after it.
        """
        tai_s = np.round(self._tai_from_tdb(epoch_tdb_s), 6)
        utc_s = tai_s - self.tai_minus_utc_s[self._steps_at(tai_s)]
        # The clock of before a step shows what is past it.
        following = np.searchsorted(self.step_utc_s, utc_s, side="right") - 1
        return np.asarray(utc_s), np.asarray(following > self._steps_at(tai_s))

    def has_leap_second(self, midnight_utc_s: float) -> bool:
        """Return whether a day ends with a leap second, of the Unix seconds of the midnight that follows it."""
        return bool(np.any(self.step_utc_s[1:] == midnight_utc_s))

    def _steps_at(self, tai_s: Floats) -> NDArray[np.intp]:
        step = np.searchsorted(self.step_utc_s + self.tai_minus_utc_s, tai_s, side="right") - 1
        return np.maximum(step, 0)

    def _tai_from_tdb(self, epoch_tdb_s: ArrayLike) -> Floats:
        """Return TAI on the scale of Unix seconds: UTC plus TAI − UTC."""
        tdb = np.asarray(epoch_tdb_s, dtype=np.float64)
        tt_s = tdb
        for _ in range(3):
            tt_s = tdb - self._tdb_minus_tt_s(tt_s)
        return np.asarray(tt_s - self.tt_minus_tai_s + _J2000_UNIX_S)

    def _tdb_minus_tt_s(self, tt_s: Floats) -> Floats:
        anomaly = self.anomaly_rad + self.anomaly_rate_rad_s * tt_s
        return self.amplitude_s * np.sin(anomaly + self.eccentricity * np.sin(anomaly))


@cache
def installed_time_scale() -> TimeScale:
    """Return the time scale of the installed leap-seconds kernel."""
    return TimeScale.read(installed_kernels().leap_seconds)


def tdb_from_utc(utc_s: ArrayLike) -> Floats:
    """Return TDB seconds past J2000 of Unix seconds UTC, any shape, by the installed leap seconds."""
    return installed_time_scale().tdb_from_utc(utc_s)


def utc_from_tdb(epoch_tdb_s: ArrayLike) -> Floats:
    """Return Unix seconds UTC of TDB seconds past J2000, any shape, by the installed leap seconds."""
    return installed_time_scale().utc_from_tdb(epoch_tdb_s)


def _read_constants(path: Path) -> dict[str, str]:
    data = "\n".join(re.findall(r"\\begindata(.*?)(?:\\begintext|\Z)", path.read_text(encoding="ascii"), re.DOTALL))
    values = {
        name: text.strip("() \n") for name, text in re.findall(r"DELTET/(\w+)\s*=\s*(\([^)]*\)|\S+)", data, re.DOTALL)
    }
    missing = {"DELTA_T_A", "K", "EB", "M", "DELTA_AT"} - values.keys()
    if missing:
        raise KernelError(f"{path.name}: no DELTET/{', DELTET/'.join(sorted(missing))}; is it a leap-seconds kernel?")
    return values


def _leap_steps(text: str) -> Iterator[tuple[float, float]]:
    for offset, date in re.findall(r"(\d+),\s*@(\d{4}-[A-Z]{3}-\d+)", text):
        start = datetime.strptime(date, "%Y-%b-%d").replace(tzinfo=UTC)
        yield start.timestamp(), float(offset)


def _number(text: str) -> float:
    return float(text.upper().replace("D", "E"))
