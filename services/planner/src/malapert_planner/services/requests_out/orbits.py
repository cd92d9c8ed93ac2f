"""Orbits of a mission's assets, as the comms-window service takes them, and their faults back in the document."""

import re
from collections.abc import Iterator

from malapert.comms_window.v1 import orbiter_pb2
from malapert_core.errors import Fault
from malapert_core.timestamps import to_timestamp

from malapert_planner.mission_document.assets import MeanElements, Orbit
from malapert_planner.mission_document.document import MissionDocument

_METRES_PER_KM = 1000.0
_FIELDS = {"content": "", "elements": "elements", "position_error_km": "position_error", "origin": "source"}


def orbiter_requests(document: MissionDocument) -> Iterator[tuple[str, orbiter_pb2.RegisterOrbiterRequest]]:
    """Yield the check of every orbit that has one form, with the orbit's path in the document."""
    for index, asset in enumerate(document.assets):
        orbit = asset.orbit
        if orbit is None or sum(part is not None for part in _forms(orbit)) != 1:
            continue
        request = orbiter_pb2.RegisterOrbiterRequest(
            orbiter_id=orbiter_id_of(document, asset.id),
            name=asset.name,
            position_error_km=orbit.position_error.amount / _METRES_PER_KM,
            origin=orbit.source or "",
            validate_only=True,
        )
        if orbit.oem is not None:
            request.source, request.content = orbiter_pb2.ORBIT_SOURCE_OEM, orbit.oem.encode()
        elif orbit.two_line_elements is not None:
            lines = "\n".join(orbit.two_line_elements)
            request.source, request.content = orbiter_pb2.ORBIT_SOURCE_TLE, lines.encode()
        elif orbit.elements is not None:
            request.source = orbiter_pb2.ORBIT_SOURCE_KEPLERIAN
            request.elements.CopyFrom(_elements(orbit.elements))
        yield f"assets[{index}].orbit", request


def orbiter_id_of(document: MissionDocument, asset_id: str) -> str:
    """Return the name under which comms-window knows an asset in orbit."""
    return f"{document.mission.id}.{asset_id}"


def orbit_fault(fault: Fault, path: str) -> Fault:
    """Return a fault of an orbit with its path in the mission document."""
    field, _, where = fault.path.partition(", ")
    name, _, rest = field.partition(".")
    parts = [path, _FIELDS.get(name, name), re.sub(r"_(km|deg)$", "", rest)]
    message = f"{where}: {fault.message}" if where else fault.message
    return Fault(".".join(part for part in parts if part), fault.code, message)


def _forms(orbit: Orbit) -> tuple[object, ...]:
    return orbit.oem, orbit.two_line_elements, orbit.elements


def _elements(elements: MeanElements) -> orbiter_pb2.KeplerianElements:
    return orbiter_pb2.KeplerianElements(
        center=elements.center.value,
        epoch_time=to_timestamp(elements.epoch),
        semi_major_axis_km=elements.semi_major_axis.amount / _METRES_PER_KM,
        eccentricity=elements.eccentricity.amount,
        inclination_deg=elements.inclination.amount,
        ascending_node_deg=elements.ascending_node.amount,
        argument_of_pericenter_deg=elements.argument_of_pericenter.amount,
        mean_anomaly_deg=elements.mean_anomaly.amount,
    )
