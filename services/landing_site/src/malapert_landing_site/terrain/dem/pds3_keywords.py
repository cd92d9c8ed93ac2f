"""Keywords of a PDS3 label that are understood, and the faults of all others that could change how an image is read.

What an image or its map projection states beyond these lists is refused by name and line. Names and their meaning:
Planetary Science Data Dictionary (JPL D-7116), and PDS Standards Reference 3.8, A.20 (image) and B.21 (map projection).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from malapert_core.errors import Fault

from malapert_landing_site.terrain.dem.odl import OdlValue
from malapert_landing_site.terrain.dem.pds3_label import Pds3Label

METRES_OF = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "km": 1e3, "kilometer": 1e3, "kilometers": 1e3, "kilometre": 1e3, "kilometres": 1e3,
}  # fmt: skip
DEGREES = ("", "deg", "degree", "degrees")
PIXELS = ("", "pix", "pixel", "pixels")
RADII = ("A_AXIS_RADIUS", "B_AXIS_RADIUS", "C_AXIS_RADIUS")
SPECIAL_CONSTANTS = (
    "MISSING_CONSTANT", "INVALID_CONSTANT", "NULL", "CORE_NULL", "NOT_APPLICABLE_CONSTANT", "UNKNOWN_CONSTANT",
    "LOW_REPR_SATURATION", "LOW_INSTR_SATURATION", "HIGH_REPR_SATURATION", "HIGH_INSTR_SATURATION",
    "CORE_LOW_REPR_SATURATION", "CORE_LOW_INSTR_SATURATION", "CORE_HIGH_REPR_SATURATION", "CORE_HIGH_INSTR_SATURATION",
)  # fmt: skip

_READ = {
    "IMAGE": {
        "LINES", "LINE_SAMPLES", "SAMPLE_TYPE", "SAMPLE_BITS", "UNIT", "SCALING_FACTOR", "OFFSET", "BANDS",
        "VALID_MINIMUM", "VALID_MAXIMUM", "CORE_VALID_MINIMUM", "LINE_PREFIX_BYTES", "LINE_SUFFIX_BYTES",
        *SPECIAL_CONSTANTS,
    },
    "IMAGE_MAP_PROJECTION": {
        "MAP_PROJECTION_TYPE", "MAP_PROJECTION_ROTATION", "MAP_SCALE", "MAP_RESOLUTION", "CENTER_LATITUDE",
        "CENTER_LONGITUDE", "LINE_PROJECTION_OFFSET", "SAMPLE_PROJECTION_OFFSET", "LINE_LAST_PIXEL",
        "SAMPLE_LAST_PIXEL", *RADII,
    },
}  # fmt: skip
_DESCRIBING = {
    "IMAGE": {
        "NAME", "DESCRIPTION", "NOTE", "MAXIMUM", "MINIMUM", "DERIVED_MAXIMUM", "DERIVED_MINIMUM", "MEAN", "MEDIAN",
        "STANDARD_DEVIATION", "AVERAGE", "^DESCRIPTION", "CHECKSUM", "MD5_CHECKSUM", "SOURCE_FILE_NAME", "SOURCE_LINES",
        "SOURCE_LINE_SAMPLES", "SOURCE_SAMPLE_BITS", "BAND_NAME", "IMAGE_ID",
    },
    "IMAGE_MAP_PROJECTION": {
        "^DATA_SET_MAP_PROJECTION", "DATA_SET_MAP_PROJECTION", "^DATA_SET_MAP_PROJECTION_CATALOG", "DESCRIPTION",
        "NOTE", "MAXIMUM_LATITUDE", "MINIMUM_LATITUDE", "EASTERNMOST_LONGITUDE", "WESTERNMOST_LONGITUDE",
        "MAP_PROJECTION_DESC",
    },
}  # fmt: skip


def _is_one_of(*words: str) -> Callable[[OdlValue], bool]:
    return lambda value: value.text.upper().replace("_", " ") in words


def _is(number: float) -> Callable[[OdlValue], bool]:
    return lambda value: value.number == number


def _is_all_ones(value: OdlValue) -> bool:
    based = value.based
    return based is not None and based.value > 0 and based.value & (based.value + 1) == 0


@dataclass(frozen=True)
class _Rule:
    """Permitted values of a keyword, and their description."""

    holds: Callable[[OdlValue], bool]
    allowed: str
    code: str = "TERRAIN_LABEL_KEYWORD"


_WRONG_PLACE = "TERRAIN_WRONG_PROJECTION"
_RULES: Mapping[str, _Rule] = {
    "IMAGE.BAND_STORAGE_TYPE": _Rule(
        _is_one_of("BAND SEQUENTIAL", "LINE INTERLEAVED", "SAMPLE INTERLEAVED"),
        "BAND_SEQUENTIAL, LINE_INTERLEAVED or SAMPLE_INTERLEAVED",
    ),
    "IMAGE.BAND_SEQUENCE": _Rule(lambda value: len(value.items) == 1, "one band"),
    "IMAGE.ENCODING_TYPE": _Rule(_is_one_of("NONE"), "NONE"),
    "IMAGE.INTERCHANGE_FORMAT": _Rule(_is_one_of("BINARY"), "BINARY"),
    "IMAGE.LINE_DISPLAY_DIRECTION": _Rule(_is_one_of("DOWN"), "DOWN"),
    "IMAGE.SAMPLE_DISPLAY_DIRECTION": _Rule(_is_one_of("RIGHT"), "RIGHT"),
    "IMAGE.STRETCHED_FLAG": _Rule(_is_one_of("FALSE"), "FALSE"),
    "IMAGE.SAMPLE_BIT_MASK": _Rule(_is_all_ones, "a mask of ones alone"),
    "IMAGE.FIRST_LINE": _Rule(_is(1.0), "1"),
    "IMAGE.FIRST_LINE_SAMPLE": _Rule(_is(1.0), "1"),
    "IMAGE.SAMPLING_FACTOR": _Rule(_is(1.0), "1"),
    "IMAGE_MAP_PROJECTION.LINE_FIRST_PIXEL": _Rule(_is(1.0), "1"),
    "IMAGE_MAP_PROJECTION.SAMPLE_FIRST_PIXEL": _Rule(_is(1.0), "1"),
    "IMAGE_MAP_PROJECTION.POSITIVE_LONGITUDE_DIRECTION": _Rule(_is_one_of("EAST"), "EAST", _WRONG_PLACE),
    "IMAGE_MAP_PROJECTION.COORDINATE_SYSTEM_TYPE": _Rule(
        _is_one_of("BODY-FIXED ROTATING"), "BODY-FIXED ROTATING", _WRONG_PLACE
    ),
    "IMAGE_MAP_PROJECTION.COORDINATE_SYSTEM_NAME": _Rule(
        lambda value: value.text.upper().startswith("MEAN EARTH") or value.text.upper() == "PLANETOCENTRIC",
        "MEAN EARTH/POLAR AXIS or PLANETOCENTRIC",
        _WRONG_PLACE,
    ),
    # The two are the same on a sphere.
    "IMAGE_MAP_PROJECTION.KEYWORD_LATITUDE_TYPE": _Rule(
        _is_one_of("PLANETOCENTRIC", "PLANETOGRAPHIC"), "PLANETOCENTRIC or PLANETOGRAPHIC", _WRONG_PLACE
    ),
    "IMAGE_MAP_PROJECTION.FIRST_STANDARD_PARALLEL": _Rule(
        lambda value: abs(value.number or 0.0) == 90.0, "N/A or the pole", _WRONG_PLACE
    ),
    "IMAGE_MAP_PROJECTION.SECOND_STANDARD_PARALLEL": _Rule(lambda value: False, "N/A", _WRONG_PLACE),
    "IMAGE_MAP_PROJECTION.REFERENCE_LATITUDE": _Rule(
        lambda value: abs(value.number or 0.0) == 90.0 or value.number == 0.0, "N/A, 0 or the pole", _WRONG_PLACE
    ),
    "IMAGE_MAP_PROJECTION.REFERENCE_LONGITUDE": _Rule(_is(0.0), "N/A or 0", _WRONG_PLACE),
    "TARGET_NAME": _Rule(_is_one_of("MOON"), "MOON", "TERRAIN_WRONG_BODY"),
    "RECORD_TYPE": _Rule(_is_one_of("FIXED LENGTH", "STREAM", "UNDEFINED"), "FIXED_LENGTH, STREAM or UNDEFINED"),
    "ENCODING_TYPE": _Rule(_is_one_of("NONE"), "NONE"),
    "UNCOMPRESSED_FILE.ENCODING_TYPE": _Rule(_is_one_of("NONE"), "NONE"),
    "UNCOMPRESSED_FILE.RECORD_TYPE": _Rule(_is_one_of("FIXED LENGTH", "STREAM", "UNDEFINED"), "FIXED_LENGTH"),
    "COMPRESSED_FILE.ENCODING_TYPE": _Rule(
        lambda value: value.text.upper().replace(" ", "").startswith(("JP2", "JPEG2000")), "JP2 or JPEG2000"
    ),
}


def keyword_faults(label: Pds3Label, file_name: str) -> list[Fault]:
    """Faults of keywords that are not understood, or say what is not done; empty where all are."""
    faults = []
    for name in ("IMAGE", "IMAGE_MAP_PROJECTION"):
        known = _READ[name] | _DESCRIBING[name]
        for keyword, value in label.keywords(name).items():
            if keyword not in known and f"{name}.{keyword}" not in _RULES:
                message = f"{file_name}: the label's {name}.{keyword} in line {value.line} is not understood"
                faults.append(Fault(f"label.{keyword}", "TERRAIN_LABEL_KEYWORD", f"{message}; it may be left out"))
    for name, rule in _RULES.items():
        stated = label.value(name)
        if stated is not None and not rule.holds(stated):
            said = f"{file_name}: the label's {name} in line {stated.line} is {stated.text[:100]!r}"
            message = f"{said}; {rule.allowed} is allowed"
            faults.append(Fault(f"label.{name.rpartition('.')[2]}", rule.code, message))
    return faults + _radius_faults(label, file_name)


def passed_over(label: Pds3Label) -> list[str]:
    """Unused contents of a label, for its sender."""
    notes = []
    checksums = [name for name in ("CHECKSUM", "MD5_CHECKSUM") if label.value(f"IMAGE.{name}")]
    if checksums:
        notes.append(f"{' and '.join(checksums)} of the label is not compared with the image")
    others = [name for name in label.objects if name not in _OWN_OBJECTS]
    if others:
        notes.append(f"objects of the label passed over: {', '.join(others)[:500]}")
    return notes


_OWN_OBJECTS = ("IMAGE", "IMAGE_MAP_PROJECTION", "FILE", "COMPRESSED_FILE", "UNCOMPRESSED_FILE")


def _radius_faults(label: Pds3Label, file_name: str) -> list[Fault]:
    """Faults of the other two axes: the Moon's grid is on a sphere."""
    stated = {name: label.value(f"IMAGE_MAP_PROJECTION.{name}") for name in RADII}
    first = stated["A_AXIS_RADIUS"]
    faults = []
    for name in RADII[1:]:
        value = stated[name]
        if value is None or first is None:
            continue
        if value.number is None or value.unit != first.unit or not math.isclose(value.number, first.number or 0.0):
            message = (
                f"{file_name}: the label's {name} in line {value.line} is {value.text[:60]} {value.unit}, but "
                f"A_AXIS_RADIUS in line {first.line} is {first.text[:60]} {first.unit}; a sphere is needed"
            )
            faults.append(Fault(f"label.{name}", "TERRAIN_WRONG_BODY", message))
    return faults
