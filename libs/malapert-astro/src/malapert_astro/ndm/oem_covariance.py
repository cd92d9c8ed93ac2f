"""Covariance matrices of an Orbit Ephemeris Message: checked for their form, then passed over (502.0-B-3, 5.2.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from malapert_astro.ndm.document import Line, known_fields, value_of, xml_fields
from malapert_astro.ndm.epochs import TIME_SYSTEMS
from malapert_astro.ndm.faults import Entry, Faults
from malapert_astro.ndm.oem_parts import COVARIANCE, RawSegment, covariance_unit

_KEYWORDS = ("EPOCH", "COV_REF_FRAME")
_ROWS = 6
_UNITS = {name: covariance_unit(name) for name in COVARIANCE}


@dataclass
class _TextMatrix:
    where: str
    entries: dict[str, Entry] = field(default_factory=dict)
    rows: int = 0


def check_text_covariances(segment: RawSegment, lines: Sequence[Line], end: Line, faults: Faults) -> None:
    """Check the lines of a covariance part, and note in the segment how many matrices are passed over."""
    matrices: list[_TextMatrix] = []
    for line in lines:
        if line.keyword == "EPOCH":
            matrices.append(_TextMatrix(line.where))
        if not matrices:
            faults.add(line.where, "WRONG_COVARIANCE", "a covariance matrix begins with its EPOCH")
        elif line.keyword:
            if matrices[-1].rows:
                faults.add(line.where, "WRONG_COVARIANCE", "keywords stand before the rows of a covariance matrix")
            faults.enter(matrices[-1].entries, line.keyword, line.value, line.where)
        else:
            matrices[-1].rows += 1
            _check_row(line, matrices[-1].rows, faults)
    for matrix in matrices:
        known_fields(matrix.entries, _KEYWORDS, "keyword of a covariance matrix", faults)
        _check_epoch(segment, matrix.entries, matrix.where, faults)
        if matrix.rows != _ROWS:
            message = f"a covariance matrix has a lower triangle of {_ROWS} rows, not {matrix.rows}"
            faults.add(matrix.where, "WRONG_COVARIANCE", message)
    if not matrices:
        faults.add(end.where, "WRONG_COVARIANCE", f"an EPOCH and a lower triangle of {_ROWS} rows are needed")
    segment.passed_over.append(f"{len(matrices)} covariance matrices before line {end.number}")


def check_xml_covariances(segment: RawSegment, matrices: Sequence[ElementTree.Element], faults: Faults) -> None:
    """Check the matrices of a segment, and note in it how many are passed over."""
    for number, matrix in enumerate(matrices, 1):
        where = f"{segment.where}, covarianceMatrix {number}"
        fields = xml_fields(matrix, where, faults, _UNITS)
        known_fields(fields, (*_KEYWORDS, *COVARIANCE), "part of a covariance matrix", faults)
        for name in ("EPOCH", *COVARIANCE):
            if name not in fields:
                faults.add(where, "MISSING", f"{name} is needed")
            elif name != "EPOCH":
                faults.number(fields[name].value, where, name)
        _check_epoch(segment, fields, where, faults)
    if matrices:
        segment.passed_over.append(f"{len(matrices)} covariance matrices of {segment.where}")


def _check_row(line: Line, row: int, faults: Faults) -> None:
    numbers = line.value.split()
    if len(numbers) != row:
        message = f"row {row} of a covariance matrix has {row} numbers, not {len(numbers)}"
        faults.add(line.where, "WRONG_COVARIANCE", message)
    for number in numbers:
        faults.number(number, line.where, "an element of a covariance matrix")


def _check_epoch(segment: RawSegment, entries: Mapping[str, Entry], where: str, faults: Faults) -> None:
    system = value_of(segment.metadata, "TIME_SYSTEM").upper()
    if "EPOCH" in entries and system in TIME_SYSTEMS:
        faults.epoch(value_of(entries, "EPOCH"), system, f"{where}, EPOCH")
