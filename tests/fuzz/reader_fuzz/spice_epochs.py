"""Epochs as SPICE reads them, in the time systems of navigation data messages."""

import spiceypy

_GPS_BEHIND_TAI_S = 19.0


def spice_epoch_tdb_s(text: str, system: str) -> float | None:
    """Return TDB seconds past J2000 of an epoch by the toolkit; None where it cannot read it, or knows no such system.

    The toolkit reads calendars of UTC, TDB and TT; an epoch of TAI or GPS is read as one of TT and its seconds are
    counted on the other scale (GPS is 19 s behind TAI).
    """
    plain = text.upper().rstrip("Z")
    try:
        if system == "UTC":
            return float(spiceypy.str2et(plain))
        if system in ("TDB", "TT"):
            return float(spiceypy.str2et(f"{plain} {'TDT' if system == 'TT' else system}"))
        if system in ("TAI", "GPS"):
            clock_s = spiceypy.unitim(spiceypy.str2et(f"{plain} TDT"), "ET", "TDT")
            return float(spiceypy.unitim(clock_s + (_GPS_BEHIND_TAI_S if system == "GPS" else 0.0), "TAI", "ET"))
    except spiceypy.exceptions.SpiceyError:
        spiceypy.reset()
    return None
