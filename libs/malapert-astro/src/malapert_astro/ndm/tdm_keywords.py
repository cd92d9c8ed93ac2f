"""The vocabulary of a Tracking Data Message (CCSDS 503.0-B-2, tables 3-3 and 3-5): keywords, units, choices."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from malapert_astro.ndm.document import value_of
from malapert_astro.ndm.faults import Entry, Faults, quoted

UNITS = {
    "ANGLE_1": "deg",
    "ANGLE_2": "deg",
    "CARRIER_POWER": "dBW",
    "CLOCK_BIAS": "s",
    "CLOCK_DRIFT": "s/s",
    "DOPPLER_COUNT": "1",
    "DOPPLER_INSTANTANEOUS": "km/s",
    "DOPPLER_INTEGRATED": "km/s",
    "DOR": "s",
    "MAG": "1",
    "PC_N0": "dBHz",
    "PR_N0": "dBHz",
    "PRESSURE": "hPa",
    "RANGE": "km, s or RU",
    "RCS": "m**2",
    "RECEIVE_FREQ": "Hz",
    "RECEIVE_PHASE_CT": "1",
    "RHUMIDITY": "%",
    "STEC": "TECU",
    "TEMPERATURE": "K",
    "TRANSMIT_FREQ": "Hz",
    "TRANSMIT_FREQ_RATE": "Hz/s",
    "TRANSMIT_PHASE_CT": "1",
    "TROPO_DRY": "m",
    "TROPO_WET": "m",
    "VLBI_DELAY": "s",
}
"""Data keywords without their index, and their units."""
XML_UNITS = {name: UNITS[name] for name in ("ANGLE_1", "ANGLE_2", "RHUMIDITY")}
"""The units that the schema lets a value state."""
_INDEXED = ("RECEIVE_FREQ", "RECEIVE_PHASE_CT", "TRANSMIT_FREQ", "TRANSMIT_FREQ_RATE", "TRANSMIT_PHASE_CT")
_BESIDE = ("PRESSURE", "RHUMIDITY", "STEC", "TEMPERATURE")
METADATA = (
    *("TRACK_ID", "DATA_TYPES", "TIME_SYSTEM", "START_TIME", "STOP_TIME", "MODE", "PATH", "PATH_1", "PATH_2"),
    *(f"{stem}_{number}" for stem in ("PARTICIPANT", "EPHEMERIS_NAME") for number in range(1, 6)),
    *(f"{stem}_DELAY_{number}" for stem in ("TRANSMIT", "RECEIVE") for number in range(1, 6)),
    *("TRANSMIT_BAND", "RECEIVE_BAND", "TURNAROUND_NUMERATOR", "TURNAROUND_DENOMINATOR", "TIMETAG_REF"),
    *("INTEGRATION_INTERVAL", "INTEGRATION_REF", "FREQ_OFFSET", "RANGE_MODE", "RANGE_MODULUS", "RANGE_UNITS"),
    *("ANGLE_TYPE", "REFERENCE_FRAME", "INTERPOLATION", "INTERPOLATION_DEGREE", "DATA_QUALITY"),
    *("DOPPLER_COUNT_BIAS", "DOPPLER_COUNT_SCALE", "DOPPLER_COUNT_ROLLOVER", "CORRECTIONS_APPLIED"),
    *(f"CORRECTION_{name}" for name in ("ANGLE_1", "ANGLE_2", "DOPPLER", "MAG", "RANGE", "RCS", "RECEIVE", "TRANSMIT")),
    *("CORRECTION_ABERRATION_YEARLY", "CORRECTION_ABERRATION_DIURNAL"),
)
_CHOICES = {
    "MODE": ("SEQUENTIAL", "SINGLE_DIFF"),
    "TIMETAG_REF": ("TRANSMIT", "RECEIVE"),
    "INTEGRATION_REF": ("START", "MIDDLE", "END"),
    "RANGE_MODE": ("COHERENT", "CONSTANT", "ONE_WAY"),
    "RANGE_UNITS": ("KM", "S", "RU"),
    "ANGLE_TYPE": ("AZEL", "RADEC", "XEYN", "XSYE"),
    "DATA_QUALITY": ("RAW", "VALIDATED", "DEGRADED"),
    "CORRECTIONS_APPLIED": ("YES", "NO"),
    "DOPPLER_COUNT_ROLLOVER": ("YES", "NO"),
    "REFERENCE_FRAME": ("EME2000", "ICRF", "ITRF2000", "ITRF-93", "ITRF-97", "TOD"),
}
_NUMBERS = re.compile(
    r"TURNAROUND_\w+|INTEGRATION_INTERVAL|FREQ_OFFSET|RANGE_MODULUS|INTERPOLATION_DEGREE|DOPPLER_COUNT_(BIAS|SCALE)"
    r"|\w+_DELAY_[1-5]|CORRECTION_\w+"
)
_WHOLE = re.compile(r"TURNAROUND_\w+|INTERPOLATION_DEGREE|DOPPLER_COUNT_SCALE")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_RANGES: tuple[tuple[re.Pattern[str], str, Callable[[float], bool]], ...] = (
    (
        re.compile(
            r"INTEGRATION_INTERVAL|INTERPOLATION_DEGREE|DOPPLER_COUNT_(BIAS|SCALE)|TURNAROUND_DENOMINATOR"
            r"|TRANSMIT_FREQ_[1-5]"
        ),
        "above 0",
        lambda value: value > 0.0,
    ),
    (_WHOLE, "at most 2147483647", lambda value: abs(value) <= 2_147_483_647),
    (
        re.compile(r"RANGE_MODULUS|(TRANSMIT|RECEIVE)_DELAY_[1-5]|TEMPERATURE|TROPO_(DRY|WET)"),
        "0 or more",
        lambda value: value >= 0.0,
    ),
    (re.compile(r"RHUMIDITY"), "0 to 100", lambda value: 0.0 <= value <= 100.0),
    (re.compile(r"ANGLE_[12]"), "-180 to below 360", lambda value: -180.0 <= value < 360.0),
)
"""What numbers may be: as the schema has it (ndmxml-2.0.0-tdm-2.0.xsd), and no ratio over nothing."""
_PATH = re.compile(r"[1-5](,\s*[1-5]){1,4}", re.ASCII)
CLOCKS_OF_THEIR_OWN = ("SCLK", "UT1")


def is_data_keyword(keyword: str) -> bool:
    """Return whether observations are written under a keyword."""
    stem = re.sub(r"_[1-5]$", "", keyword)
    return keyword in UNITS or (stem in _INDEXED and stem != keyword)


def is_tracking_keyword(keyword: str) -> bool:
    """Return whether a keyword is of what is tracked in the span of a segment.

    What was sent is a light time earlier, as in the book's own example (E-11); clocks, weather and media are beside it.
    """
    stem = keyword.partition("_")[0]
    return is_data_keyword(keyword) and stem not in ("TRANSMIT", "CLOCK", "TROPO") and keyword not in _BESIDE


def number_of(text: str, keyword: str, where: str, faults: Faults) -> float:
    """Return the number of a keyword, or note that it is none, or none that the keyword may have."""
    before = len(faults.found)
    value = faults.number(text, where, keyword)
    if len(faults.found) > before:
        return value
    if _WHOLE.fullmatch(keyword) and _INTEGER.fullmatch(text) is None:
        faults.add(where, "NOT_A_NUMBER", f"{keyword} is {quoted(text)}, not a whole number")
    for keywords, allowed, is_allowed in _RANGES:
        if keywords.fullmatch(keyword) and not is_allowed(value):
            faults.add(where, "OUT_OF_RANGE", f"{keyword} is {quoted(text)}; {allowed} is allowed")
    return value


def check_metadata(metadata: Mapping[str, Entry], where: str, faults: Faults) -> None:
    """Note what is missing, unknown or wrong in the metadata of a segment; its times are left to the caller."""
    for keyword in ("TIME_SYSTEM", "PARTICIPANT_1"):
        if not value_of(metadata, keyword):
            faults.add(where, "MISSING", f"{keyword} is needed")
    for keyword, entry in metadata.items():
        if keyword not in METADATA:
            faults.add(entry.where, "UNKNOWN_KEYWORD", f"{quoted(keyword)} is no metadata of a TDM")
            continue
        choices = _CHOICES.get(keyword)
        if choices and entry.value.upper() not in choices:
            faults.add(where, "UNKNOWN_CHOICE", f"{keyword} {quoted(entry.value)} is none of {', '.join(choices)}")
        if _NUMBERS.fullmatch(keyword):
            number_of(entry.value, keyword, entry.where, faults)
    _check_paths(metadata, where, faults)


def check_meaning(metadata: Mapping[str, Entry], places: Mapping[str, str], where: str, faults: Faults) -> None:
    """Note values that mean nothing without a keyword that is not there, by the first place of each data keyword."""
    angle_type = value_of(metadata, "ANGLE_TYPE").upper()
    for keyword in ("ANGLE_1", "ANGLE_2"):
        if keyword in places and not angle_type:
            faults.add(places[keyword], "MISSING", f"ANGLE_TYPE is needed: it says what {keyword} is (3.5.4.1)")
    frame = metadata.get("REFERENCE_FRAME")
    if angle_type == "RADEC" and frame is None:
        faults.add(where, "MISSING", "REFERENCE_FRAME is needed with ANGLE_TYPE RADEC (table 3-3)")
    if angle_type != "RADEC" and frame is not None:
        faults.add(frame.where, "CONTRADICTING_DATA", "REFERENCE_FRAME applies to ANGLE_TYPE RADEC alone (table 3-3)")
    corrections = [keyword for keyword in metadata if keyword.startswith("CORRECTION_") and keyword in METADATA]
    if corrections and "CORRECTIONS_APPLIED" not in metadata:
        message = f"CORRECTIONS_APPLIED is needed: it says whether {corrections[0]} is in the data (3.4.15.3)"
        faults.add(metadata[corrections[0]].where, "MISSING", message)


def check_data_types(metadata: Mapping[str, Entry], keywords: Iterable[str], faults: Faults) -> None:
    """Note where the list DATA_TYPES and the keywords of the observations of a segment contradict each other.

    A type without index stands for all its indices, as in the book's own example (503.0-B-2 table 3-3).
    """
    entry = metadata.get("DATA_TYPES")
    if entry is None:
        return
    stated = [name.strip().upper() for name in entry.value.split(",")]
    found = dict.fromkeys(keyword for keyword in keywords if is_data_keyword(keyword))
    for name in stated:
        if not (is_data_keyword(name) or name in _INDEXED or name.removesuffix("_N") in _INDEXED):
            faults.add(entry.where, "UNKNOWN_CHOICE", f"DATA_TYPES has {quoted(name)}, which is no data type of a TDM")
        elif not any(_is_of_type(keyword, name) for keyword in found):
            faults.add(entry.where, "CONTRADICTING_DATA", f"DATA_TYPES has {name}, of which there is no observation")
    for keyword in found:
        if not any(_is_of_type(keyword, name) for name in stated):
            faults.add(entry.where, "CONTRADICTING_DATA", f"there are observations of {keyword}, not in DATA_TYPES")


def _is_of_type(keyword: str, name: str) -> bool:
    stem = re.sub(r"_[1-5]$", "", keyword)
    return keyword == name or (stem in _INDEXED and stem == name.removesuffix("_N"))


def _check_paths(metadata: Mapping[str, Entry], where: str, faults: Faults) -> None:
    mode = value_of(metadata, "MODE").upper()
    needed = {"SEQUENTIAL": ("PATH",), "SINGLE_DIFF": ("PATH_1", "PATH_2")}.get(mode, ())
    for keyword in ("PATH", "PATH_1", "PATH_2"):
        if needed and keyword in metadata and keyword not in needed:
            faults.add(metadata[keyword].where, "WRONG_PATH", f"{keyword} does not go with MODE {mode}")
    for keyword in ("PATH", "PATH_1", "PATH_2"):
        if keyword not in (*needed, *metadata):
            continue
        path = value_of(metadata, keyword)
        if _PATH.fullmatch(path) is None:
            faults.add(where, "WRONG_PATH", f"{keyword} {quoted(path)} is no list of participants like 1,2,1")
            continue
        numbers = re.findall(r"[0-9]", path)
        if any(number == later for number, later in pairwise(numbers)):
            faults.add(where, "WRONG_PATH", f"{keyword} {quoted(path)} goes from a participant to itself")
        for number in sorted(set(numbers)):
            if not value_of(metadata, f"PARTICIPANT_{number}"):
                faults.add(where, "UNKNOWN_PARTICIPANT", f"{keyword} names participant {number}, which there is not")
