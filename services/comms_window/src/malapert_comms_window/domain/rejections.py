"""Refusals and withdrawals of contacts by the owner of their antennas."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from malapert_core.errors import Fault, InvalidInputError

from malapert_comms_window.domain.contact_requests import ContactRequest
from malapert_comms_window.domain.stations import Station

MAX_ALTERNATES = 20
MAX_REASON = 2000


def check_rejection(
    reason: str,
    alternates: Sequence[ContactRequest],
    stations: Mapping[str, Station],
    owned_agency_ids: Collection[str],
) -> None:
    """Check why contacts are refused and what is offered instead.

    Raises
    ------
    InvalidInputError
        ``INVALID_REJECTION`` with every fault.
    """
    faults = [] if reason.strip() else [Fault("reason", "MISSING", "who booked the contacts is to be told why")]
    faults += _length_faults(reason)
    if len(alternates) > MAX_ALTERNATES:
        faults.append(Fault("alternates", "TOO_MANY", f"{len(alternates)} are given; allowed: {MAX_ALTERNATES}"))
    for index, alternate in enumerate(alternates[:MAX_ALTERNATES]):
        faults += _alternate_faults(alternate, f"alternates[{index}]", stations, owned_agency_ids)
    if faults:
        raise InvalidInputError("INVALID_REJECTION", f"the rejection has {len(faults)} faults", faults=faults)


def check_reason(reason: str) -> None:
    """Check why a contact is changed.

    Raises
    ------
    InvalidInputError
        ``INVALID_REASON`` where it is too long.
    """
    if faults := _length_faults(reason):
        raise InvalidInputError("INVALID_REASON", "the reason is too long", faults=faults)


def _length_faults(reason: str) -> list[Fault]:
    message = f"{len(reason)} characters; allowed: {MAX_REASON}"
    return [Fault("reason", "TOO_LONG", message)] if len(reason) > MAX_REASON else []


def _alternate_faults(
    alternate: ContactRequest, path: str, stations: Mapping[str, Station], owned_agency_ids: Collection[str]
) -> Iterator[Fault]:
    station = stations.get(alternate.station_id)
    if station is None:
        yield Fault(f"{path}.station_id", "UNKNOWN_STATION", f"there is no station {alternate.station_id!r}")
    elif station.agency_id not in owned_agency_ids:
        message = f"station {alternate.station_id} is {station.agency_id}'s; offer what is your own"
        yield Fault(f"{path}.station_id", "FOREIGN_STATION", message)
    if not alternate.start_time < alternate.end_time:
        message = f"it ends at {alternate.end_time.isoformat()}, not after its start"
        yield Fault(f"{path}.interval", "EMPTY_INTERVAL", message)
