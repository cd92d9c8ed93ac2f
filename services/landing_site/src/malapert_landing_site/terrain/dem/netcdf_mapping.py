"""The reference system of a NetCDF grid: CF's grid mapping (appendix F), texts of WKT, and IAU's name.

All that a file states must name the same polar grid: what one tool takes from the mapping, and another from a text
beside it, must not differ.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyproj
from malapert_core.errors import Fault
from pyproj.crs import Datum, Ellipsoid, PrimeMeridian  # type: ignore[attr-defined]

from malapert_landing_site.domain.grid import MOON_RADIUS_M
from malapert_landing_site.terrain.dem.georeference import crs_faults, pole_of
from malapert_landing_site.terrain.dem.netcdf_header import Attributes, NetcdfFile, NetcdfVariable

_NAMED = ("IAU_2015:30135", "IAU_2015:30130")
_WKT = ("crs_wkt", "spatial_ref")
_RADII = ("earth_radius", "semi_major_axis", "semi_minor_axis")
_ZERO = (
    "straight_vertical_longitude_from_pole", "longitude_of_projection_origin", "false_easting", "false_northing",
    "longitude_of_prime_meridian", "inverse_flattening",
)  # fmt: skip
_NAMES: dict[str, Callable[[str], Ellipsoid | None]] = {
    "reference_ellipsoid_name": Ellipsoid.from_name,
    "horizontal_datum_name": lambda name: Datum.from_name(name).ellipsoid,
}
_DESCRIBING = {
    "grid_mapping_name", "long_name", "comment", "description", "projected_crs_name", "geographic_crs_name",
    "_coordinatetransformtype", "_coordinateaxistypes", "geotransform", "name",
}  # fmt: skip
_PROJ_TEXTS = {"proj4", "proj4text", "proj4_string", "proj_params", "spatial_proj4", "proj4_params"}


class MappingReader:
    """Finds the reference system of one variable and what is wrong with it."""

    def __init__(self, file: NetcdfFile, variable: NetcdfVariable, file_name: str) -> None:
        self._file = file
        self._variable = variable
        self._file_name = file_name
        self._stated: list[tuple[str, pyproj.CRS]] = []
        self.faults: list[Fault] = []
        self.notes: list[str] = []

    def crs(self) -> pyproj.CRS | None:
        """The reference system, None where the file states none."""
        self._from_mapping()
        self._from_wkt("", self._file.attributes)
        self._from_name()
        if not self._stated or self.faults:
            return None
        first, crs = self._stated[0]
        own_faults = crs_faults(crs, self._file_name)
        for where, other in self._stated[1:]:
            if bool(own_faults) != bool(crs_faults(other, "")) or (not own_faults and pole_of(crs) != pole_of(other)):
                message = f"states another reference system ({other.name}) than {first} ({crs.name}); one is allowed"
                self._fault(where, message)
        return crs

    def mapping(self) -> NetcdfVariable | None:
        """The grid mapping that the variable names."""
        stated = self._variable.attributes.get("grid_mapping")
        names = stated.replace(":", " : ").split() if isinstance(stated, str) else []
        if len(names) > 1 and (names[1] != ":" or names.count(":") > 1):
            return None
        return self._file.variables.get(names[0]) if names else None

    def _from_mapping(self) -> None:
        if "grid_mapping" not in self._variable.attributes:
            return
        mapping = self.mapping()
        if mapping is None:
            stated = self._variable.attributes["grid_mapping"]
            message = f"is {str(stated)[:100]!r}, which names no variable of the file; one is needed"
            self._fault(f"variables.{self._variable.name}.grid_mapping", message)
            return
        where = f"variables.{mapping.name}"
        stated_before = len(self._stated)
        if "grid_mapping_name" in mapping.attributes:
            self._from_parameters(where, mapping.attributes)
        self._from_wkt(f"{where}.", mapping.attributes)
        self._note_texts(mapping)
        if len(self._stated) == stated_before and not self.faults:
            self._fault(f"{where}.grid_mapping_name", "is missing, and so is crs_wkt: one is needed")

    def _from_wkt(self, prefix: str, attributes: Attributes) -> None:
        for key in _WKT:
            text = attributes.get(key)
            if text is None:
                continue
            try:
                self._stated.append((f"{prefix}{key}", pyproj.CRS.from_wkt(str(text))))
            except pyproj.exceptions.CRSError as error:
                self._fault(f"{prefix}{key}", f"cannot be understood: {str(error)[:300]}")

    def _from_name(self) -> None:
        name = self._file.attributes.get("crs")
        if name is None:
            return
        if name in _NAMED:
            self._stated.append(("crs", pyproj.CRS.from_authority(*str(name).split(":"))))
        else:
            message = f"is {str(name)[:100]!r}; {' (south) or '.join(_NAMED)} (north) is allowed"
            self._fault("crs", message, "TERRAIN_WITHOUT_CRS")

    def _from_parameters(self, where: str, attributes: Attributes) -> None:
        name = attributes["grid_mapping_name"]
        if name not in ("polar_stereographic", "stereographic"):
            self._fault(f"{where}.grid_mapping_name", f"is {str(name)[:100]!r}; polar_stereographic is needed")
            return
        before = len(self.faults)
        latitude_deg = self._number(where, attributes, "latitude_of_projection_origin")
        if latitude_deg is None or abs(latitude_deg) != 90.0:
            message = f"is {'missing' if latitude_deg is None else f'{latitude_deg:g}'}; -90 or 90 is allowed"
            self._fault(f"{where}.latitude_of_projection_origin", message)
        if not set(_RADII) & set(attributes):
            self._fault(f"{where}.earth_radius", f"is missing; {MOON_RADIUS_M:g} is needed", "TERRAIN_WRONG_BODY")
        for key in attributes:
            self._check(where, attributes, key, latitude_deg)
        if len(self.faults) == before:
            crs = pyproj.CRS.from_proj4(f"+proj=stere +lat_0={latitude_deg:g} +lon_0=0 +R={MOON_RADIUS_M:.1f} +units=m")
            self._stated.append((where, crs))

    def _check(self, where: str, attributes: Attributes, key: str, latitude_deg: float | None) -> None:
        """Check one attribute of the mapping against the polar grid of the Moon."""
        if key.lower() in _DESCRIBING | _PROJ_TEXTS or key in _WKT or key == "latitude_of_projection_origin":
            return
        if key == "prime_meridian_name":
            self._check_meridian(f"{where}.{key}", str(attributes[key]))
            return
        if key in _NAMES:
            self._check_name(f"{where}.{key}", str(attributes[key]), _NAMES[key])
            return
        value = self._number(where, attributes, key)
        if key in _RADII:
            if value is None or abs(value - MOON_RADIUS_M) > 1.0:
                self._fault(f"{where}.{key}", f"is {value}; {MOON_RADIUS_M:g} is needed", "TERRAIN_WRONG_BODY")
        elif key in ("standard_parallel", "scale_factor_at_projection_origin"):
            needed = latitude_deg if key == "standard_parallel" else 1.0
            if value != needed:
                self._fault(f"{where}.{key}", f"is {value}; {needed} is needed: true scale at the pole")
        elif key in _ZERO:
            sphere = key == "inverse_flattening" and value is not None and np.isinf(value)
            if value is None or not (sphere or value == 0.0 or ("longitude" in key and value % 360.0 == 0.0)):
                self._fault(f"{where}.{key}", f"is {value}; 0 is needed")
        else:
            self._fault(f"{where}.{key}", f"is {str(attributes[key])[:100]!r}, which is not understood")

    def _check_name(self, path: str, name: str, known: Callable[[str], Ellipsoid | None]) -> None:
        try:
            ellipsoid = known(name)
        except pyproj.exceptions.CRSError:
            # A name that no register has says nothing against the radius that is stated in numbers.
            return
        # An ensemble of datums, such as WGS 84, has no one ellipsoid.
        if ellipsoid is None or abs(ellipsoid.semi_major_metre - MOON_RADIUS_M) > 1.0:
            message = f"is {name[:100]!r}, which is of another body; the Moon's sphere of {MOON_RADIUS_M:g} m is needed"
            self._fault(path, message, "TERRAIN_WRONG_BODY")

    def _check_meridian(self, path: str, name: str) -> None:
        try:
            meridian = PrimeMeridian.from_name(name)
        except pyproj.exceptions.CRSError:
            # A name that no register has, such as the Moon's own, says nothing against the longitude in numbers.
            return
        if meridian.longitude != 0.0:
            self._fault(path, f"is {name[:100]!r}, {meridian.longitude:g} {meridian.unit_name} from the prime meridian")

    def _number(self, where: str, attributes: Attributes, key: str) -> float | None:
        stated = attributes.get(key)
        if stated is None or (isinstance(stated, np.ndarray) and stated.size == 1):
            return None if stated is None else float(stated[0])
        self._fault(f"{where}.{key}", f"is {str(stated)[:100]!r}; one number is needed")
        return None

    def _note_texts(self, mapping: NetcdfVariable) -> None:
        texts = [key for key in mapping.attributes if key.lower() in _PROJ_TEXTS]
        if texts:
            self.notes.append(f"of the grid mapping {mapping.name!r} the text of {', '.join(texts)} is passed over")

    def _fault(self, path: str, message: str, code: str = "TERRAIN_WRONG_PROJECTION") -> None:
        self.faults.append(Fault(path, code, f"{self._file_name}: {path} {message}"))
