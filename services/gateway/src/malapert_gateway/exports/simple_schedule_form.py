"""Accepted elements of a CCSDS 902.1 Simple Schedule: their attributes, values and permitted children.

Names and values are those of public implementations of 902.1-B-1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from malapert_core.documents.text import text_fault
from malapert_core.documents.xml_text import XmlElement
from malapert_core.errors import Fault

ACTIVITY_STATES = ("AVAILABLE", "TENTATIVE", "COMMITTED", "UNAVAILABLE")
_SERVICE_TYPES = (
    "APA-AZ/EL", "APA-X/Y", "DELTADOR", "DOPPLER", "OFFLINE-TMRECORDING", "OFFLINE-TMPROVISION", "RF-ONLY", "RANGING",
    "RESERVED", "TBD", "TELECOMMAND", "TELEMETRY", "TEST", "UNUSED", "VLBI",
)  # fmt: skip
_BANDS = (
    "HF", "VHF", "UHF", "L", "S-NE", "S-DS", "C", "X-NE", "X-DS", "Ku", "K", "Ka-NE", "Ka-DS", "Ka-S", "V", "W", "mm",
    "O1", "O2", "N/A", "OTHER",
)  # fmt: skip
_PARAMETERS = (
    "timeParameterA", "timeParameterB", "booleanParameter", "intParameter", "unsignedIntParameter", "floatParameter",
    "doubleParameter", "stringParameter",
)  # fmt: skip


@dataclass(frozen=True)
class Form:
    """Form of an element: its required and optional attributes, the values of some, its child elements and their
    number."""

    needed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    most_inside: Mapping[str, int | None] = field(default_factory=dict)
    needed_inside: tuple[str, ...] = ()


_ANY_NUMBER_OF_PARAMETERS: dict[str, int | None] = dict.fromkeys(_PARAMETERS)
FORMS: Mapping[str, Form] = {
    "simpleSchedule": Form(
        others=("srvMgtEntityType",),
        values={"srvMgtEntityType": ("SIMPLE_SCHEDULE",)},
        most_inside={"simpleScheduleHeader": 1, "scheduledPackage": None},
        needed_inside=("simpleScheduleHeader",),
    ),
    "simpleScheduleHeader": Form(
        needed=(
            "originatingOrganization",
            "generationTime",
            "status",
            "inclusionType",
            "version",
            "startTime",
            "endTime",
        ),
        values={
            "status": ("TEST", "PROVISIONAL", "OPERATIONAL", "OTHER"),
            "inclusionType": ("START_INCLUSION", "OVERLAP_INCLUSION"),
        },
    ),
    "scheduledPackage": Form(
        needed=("user", "scheduledPackageId"),
        others=("comment", "originatingRequestId"),
        most_inside={"servicePackageXRef": None, "scheduledActivity": None},
        needed_inside=("scheduledActivity",),
    ),
    "servicePackageXRef": Form(others=("serviceAgreementRef", "servicePackageRef")),
    "scheduledActivity": Form(
        needed=(
            "scheduledActivityId",
            "activityStatus",
            "siteRef",
            "apertureRef",
            "beginningOfTrack",
            "endOfTrack",
        ),
        others=("orbitNumber", "beginningOfActivity", "endOfActivity"),
        values={"activityStatus": ACTIVITY_STATES},
        most_inside={"serviceInfo": None, **_ANY_NUMBER_OF_PARAMETERS},
    ),
    "serviceInfo": Form(
        needed=("serviceType", "frequencyBand"),
        values={"serviceType": _SERVICE_TYPES, "frequencyBand": _BANDS},
        most_inside={"extendedParameter": None, **_ANY_NUMBER_OF_PARAMETERS},
    ),
    "extendedParameter": Form(needed=("name",), most_inside=_ANY_NUMBER_OF_PARAMETERS),
    **{name: Form(needed=("name", "value")) for name in _PARAMETERS},
}
PASSED_OVER = frozenset({*_PARAMETERS, "extendedParameter", "servicePackageXRef"})
PASSED_OVER_ATTRIBUTES = ("comment", "originatingRequestId", "orbitNumber")
"""Elements and attributes that are known and checked, but that what is read does not hold."""
_MAY_BE_EMPTY = ("comment", "value")


def form_faults(element: XmlElement, path: str) -> Iterator[Fault]:
    """Yield the faults of an element and of all that is inside, each with its path and line."""
    form = FORMS[element.name]
    yield from _attribute_faults(element, form, path)
    if element.text.strip():
        yield Fault(path, "UNKNOWN_TEXT", f"line {element.line}: text is not read here: {element.text.strip()[:40]!r}")
    counts: dict[str, int] = {}
    for child in element.children:
        number = counts.setdefault(child.name, 0)
        counts[child.name] += 1
        where = child_path(path, child.name, number)
        if child.name not in form.most_inside:
            allowed = ", ".join(form.most_inside) or "nothing"
            yield Fault(
                where, "UNKNOWN_ELEMENT", f"line {child.line}: <{child.name[:80]}> is not read here; allowed: {allowed}"
            )
        elif form.most_inside[child.name] == number:
            first = next(element.named(child.name)).line
            yield Fault(where, "DUPLICATE", f"<{child.name}> is there twice: line {first} and line {child.line}")
        else:
            yield from form_faults(child, where)
    for name in form.needed_inside:
        if name not in counts:
            where = f"{path}.{name}" if path else name
            yield Fault(where, "MISSING", f"line {element.line}: <{name}> is needed")


def child_path(path: str, name: str, number: int) -> str:
    """Return the path of an element in another one; there is one header."""
    part = name if name == "simpleScheduleHeader" else f"{name}[{number}]"
    return f"{path}.{part}" if path else part


def _attribute_faults(element: XmlElement, form: Form, path: str) -> Iterator[Fault]:
    for name, value in element.attributes.items():
        where = f"{path}.{name}" if path else name
        unclean = text_fault(value, where)
        if name not in (*form.needed, *form.others):
            allowed = ", ".join((*form.needed, *form.others)) or "none"
            message = f"line {element.line}: the attribute {name[:80]!r} is not read here; allowed: {allowed}"
            yield Fault(where, "UNKNOWN_ATTRIBUTE", message)
        elif unclean is not None:
            yield Fault(where, unclean.code, f"line {element.line}: {unclean.message}")
        elif value != value.strip():
            yield Fault(where, "BLANKS", f"line {element.line}: {value[:80]!r} has blanks around it")
        elif value and name in form.values and value not in form.values[name]:
            code = "UNKNOWN_STATE" if name in ("status", "activityStatus") else "UNKNOWN_VALUE"
            allowed = ", ".join(form.values[name])
            yield Fault(where, code, f"line {element.line}: {value[:80]!r} is none of {allowed}")
    for name in form.needed:
        if not element.attributes.get(name, "") and not (name in _MAY_BE_EMPTY and name in element.attributes):
            yield Fault(f"{path}.{name}" if path else name, "MISSING", f"line {element.line}: {name} is needed")
