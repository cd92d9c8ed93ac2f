"""An Orbit Ephemeris Message as keyword and value lines."""

from malapert_astro.ndm.document import Line, known_fields, lines_of
from malapert_astro.ndm.faults import Entry, Faults, quoted
from malapert_astro.ndm.oem_covariance import check_text_covariances
from malapert_astro.ndm.oem_parts import NEEDED, OPTIONAL, RawSegment


def raw_of_text(text: str, faults: Faults) -> tuple[dict[str, Entry], list[RawSegment]]:
    """Return the header and the segments of a message as they are written."""
    reading = _Reading(faults)
    for line in lines_of(text, faults):
        reading.take(line)
    reading.end()
    return reading.header, reading.segments


class _Reading:
    """Takes the lines of a message in turn; `section` is where the last one left it."""

    def __init__(self, faults: Faults) -> None:
        self.header: dict[str, Entry] = {}
        self.segments: list[RawSegment] = []
        self._faults = faults
        self._section = "header"
        self._covariance: list[Line] = []

    def take(self, line: Line) -> None:
        """Take one line."""
        steps = {
            "META_START": (("header", "data", "after covariance"), "metadata"),
            "META_STOP": (("metadata",), "data"),
            "COVARIANCE_START": (("data",), "covariance"),
            "COVARIANCE_STOP": (("covariance",), "after covariance"),
        }
        if line.keyword in steps and not line.value:
            allowed, following = steps[line.keyword]
            if self._section not in allowed:
                message = f"{line.keyword} cannot stand in the {self._section} part"
                self._faults.add(line.where, "UNEXPECTED_KEYWORD", message)
            self._enter(line, following)
        elif self._section == "header":
            self._faults.enter(self.header, line.keyword or quoted(line.value), line.value, line.where)
            if len(self.header) == 1 and line.keyword != "CCSDS_OEM_VERS":
                self._faults.add(line.where, "WRONG_MESSAGE", "an OEM begins with CCSDS_OEM_VERS")
        elif self._section == "metadata":
            self._faults.enter(self.segments[-1].metadata, line.keyword or quoted(line.value), line.value, line.where)
        elif self._section == "covariance":
            self._covariance.append(line)
        elif line.keyword or self._section != "data":
            message = f"{line.keyword or quoted(line.value)} is outside of metadata and states"
            self._faults.add(line.where, "UNEXPECTED_KEYWORD", message)
        else:
            self.segments[-1].places.append(line.where)
            self.segments[-1].rows.append(line.value.split())

    def end(self) -> None:
        """Note what the message left open, and keywords that it should not have."""
        if self._section in ("metadata", "covariance"):
            place = self.segments[-1].where if self.segments else "message"
            self._faults.add(place, "UNFINISHED", f"the message ends inside of a {self._section} part")
        for segment in self.segments:
            known_fields(segment.metadata, (*NEEDED, *OPTIONAL), "metadata of an OEM", self._faults)

    def _enter(self, line: Line, section: str) -> None:
        if section == "metadata" or not self.segments:
            self.segments.append(RawSegment(line.where))
        if section == "covariance":
            self._covariance = []
        if section == "after covariance":
            check_text_covariances(self.segments[-1], self._covariance, line, self._faults)
        self._section = section
