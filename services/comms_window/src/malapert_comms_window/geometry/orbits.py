"""Orbits from what an orbiter was registered with."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import EphemerisSpanError, KernelError
from malapert_astro.ndm.faults import NdmError
from malapert_astro.ndm.oem import read_oem
from malapert_astro.orbit_files import orbit_of_oem, orbit_of_spk
from malapert_astro.orbits import RADIUS_KM, KeplerianElements, KeplerianOrbit, Orbit
from malapert_astro.points import Body
from malapert_astro.times import tdb_from_utc, utc_seconds
from malapert_astro.two_line_elements import TwoLineError, TwoLineOrbit, read_two_line_elements
from malapert_core.errors import Fault, InvalidInputError
from pydantic import TypeAdapter

from malapert_comms_window.domain.orbiters import Elements, OrbitSource

ELEMENTS = TypeAdapter(Elements)
HIGHEST_KM = {Body.EARTH: 300_000.0, Body.MOON: 60_000.0}
"""Highest apocentres of mean elements: the radius of the Moon's Hill sphere, and the way from the Earth to it."""
_NOTES = {
    OrbitSource.KEPLERIAN: "mean elements with central gravity and the secular rates of J2, used within 90 days of the "
    "elements' epoch: a survey, no ephemeris",
    OrbitSource.TLE: "SGP4 with UTC in place of UT1, used within 14 days of the elements' epoch",
    OrbitSource.OEM: "states of an OEM, each segment within its own useable span; inertial frames are taken as J2000",
    OrbitSource.SPK: "states of an SPK, the later segment before the earlier within its own bounds",
}


def orbit_of(source: OrbitSource, file: bytes, naif_id: int, ephemeris: Ephemeris) -> Orbit:
    """Return the orbit that a file describes; that of Keplerian elements holds them as JSON.

    Raises
    ------
    InvalidInputError
        ``INVALID_ORBIT`` with every fault: bad checksums, wrong frame or centre, gaps, epochs that do not rise.
    """
    try:
        if source is OrbitSource.OEM:
            return orbit_of_oem(read_oem(file), ephemeris)
        if source is OrbitSource.TLE:
            return TwoLineOrbit(read_two_line_elements(_text(file)), ephemeris)
        if source is OrbitSource.SPK:
            return _of_spk(file, naif_id)
        return _of_elements(ELEMENTS.validate_json(file), ephemeris)
    except NdmError as error:
        faults = [Fault(f"content, {each.where}", each.code, each.message) for each in error.faults]
    except TwoLineError as error:
        faults = [Fault(f"content, {where}", code, message) for where, code, message in error.faults]
    except KernelError as error:
        faults = [Fault("content", "WRONG_SPK", str(error))]
    except EphemerisSpanError as error:
        path = "elements.epoch_time" if source is OrbitSource.KEPLERIAN else "content"
        faults = [Fault(path, "OUTSIDE_EPHEMERIS", str(error))]
    raise InvalidInputError("INVALID_ORBIT", f"the orbit has {len(faults)} faults", faults=faults)


def notes_on(source: OrbitSource) -> tuple[str, ...]:
    """Return what a user must know of a kind of orbit."""
    return (_NOTES[source],)


def element_faults(elements: Elements) -> list[Fault]:
    """Return what is wrong with Keplerian elements."""
    faults = []
    if elements.center not in (Body.EARTH, Body.MOON):
        faults.append(Fault("elements.center", "WRONG_CENTER", f"{elements.center!r} is none of earth, moon"))
        return faults
    limits = (
        ("eccentricity", 0.0, 0.99),
        ("inclination_deg", 0.0, 180.0),
        ("ascending_node_deg", -360.0, 360.0),
        ("argument_of_pericenter_deg", -360.0, 360.0),
        ("mean_anomaly_deg", -360.0, 360.0),
    )
    for name, low, high in limits:
        value = getattr(elements, name)
        if not low <= value <= high:
            faults.append(Fault(f"elements.{name}", "OUT_OF_RANGE", f"{value} is not in {low:g} to {high:g}"))
    if 0.0 <= elements.eccentricity < 1.0:
        faults.extend(_size_faults(elements))
    return faults


def _size_faults(elements: Elements) -> Iterator[Fault]:
    path, center = "elements.semi_major_axis_km", Body(elements.center)
    lowest_km, highest_km = RADIUS_KM[center], HIGHEST_KM[center]
    nearest_km, farthest_km = (
        elements.semi_major_axis_km * factor for factor in (1.0 - elements.eccentricity, 1.0 + elements.eccentricity)
    )
    if not lowest_km < nearest_km:
        message = f"the pericentre at {nearest_km:g} km is not above the body's radius of {lowest_km:g} km"
        yield Fault(path, "OUT_OF_RANGE", message)
    if not farthest_km <= highest_km:
        message = (
            f"the apocentre at {farthest_km:g} km is beyond {highest_km:g} km, where other bodies pull too much for "
            "mean elements; give an OEM or an SPK"
        )
        yield Fault(path, "OUT_OF_RANGE", message)


def _text(file: bytes) -> str:
    try:
        return file.decode()
    except UnicodeDecodeError as error:
        raise TwoLineError([(f"byte {error.start}", "NOT_TEXT", "the elements are no UTF-8 text")]) from error


def _of_elements(elements: Elements, ephemeris: Ephemeris) -> KeplerianOrbit:
    center = Body(elements.center)
    epoch_s = float(tdb_from_utc(utc_seconds(elements.epoch_time)))
    axes = np.eye(3) if center is Body.EARTH else ephemeris.moon_motion(np.array([epoch_s])).from_inertial[:, :, 0]
    return KeplerianOrbit(
        center,
        KeplerianElements(
            epoch_s,
            elements.semi_major_axis_km,
            elements.eccentricity,
            elements.inclination_deg,
            elements.ascending_node_deg,
            elements.argument_of_pericenter_deg,
            elements.mean_anomaly_deg,
        ),
        axes,
    )


def _of_spk(file: bytes, naif_id: int) -> Orbit:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orbiter.bsp"
        path.write_bytes(file)
        return orbit_of_spk(path, naif_id)
