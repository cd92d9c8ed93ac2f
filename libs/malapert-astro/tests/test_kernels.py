import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import EphemerisSpanError, KernelError
from malapert_astro.kernels import installed_kernels, read_pck, read_spk
from malapert_astro.times import TimeScale, tdb_from_utc, utc_seconds


def _epoch(year: int) -> float:
    return float(tdb_from_utc(utc_seconds(datetime(year, 6, 1, tzinfo=UTC))))


def test_records_are_the_files_by_content() -> None:
    kernels = installed_kernels()
    records = {record.kind: record for record in kernels.records()}
    digest = hashlib.sha256(kernels.lunar_pck.read_bytes()).hexdigest()
    assert records["lunar_pck"].content_hash == f"sha256:{digest}"
    assert records["ephemeris_spk"].name == "de421.bsp"
    assert len(records) == 6


def test_data_packages_are_not_imported() -> None:
    code = (
        "import sys; from malapert_astro.kernels import installed_kernels; installed_kernels();"
        "print([name for name in sys.modules if name.split('.')[0] in ('lunarsky', 'skyfield_data', 'astropy')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_an_epoch_outside_says_what_where_and_what_is_allowed(ephemeris: Ephemeris) -> None:
    with pytest.raises(
        EphemerisSpanError, match=r"frame 31006: 2060-.* outside moon_pa.*\.bpc, which allow 1900-.* to 2051-"
    ):
        ephemeris.sun_moon_me_km(np.array([_epoch(2029), _epoch(2029) + 31 * 366 * 86400.0]))
    with pytest.raises(EphemerisSpanError, match="the epoch nan"):
        ephemeris.sun_moon_me_km(np.nan)


def test_the_stated_span_is_accepted_by_every_method(ephemeris: Ephemeris) -> None:
    epochs = tdb_from_utc(np.array(ephemeris.span_utc_s)) + np.array([1e-3, -1e-3])
    site_km, station_km = np.array([0.0, 0.0, -1737.4]), np.array([6378.0, 0.0, 0.0])
    assert np.all(np.isfinite(ephemeris.apparent_sun_km(epochs, site_km)))
    assert np.all(np.isfinite(ephemeris.at(epochs).station_km(site_km, station_km)))


def test_earth_orientation_says_where_it_is_from(ephemeris: Ephemeris) -> None:
    assert ephemeris.earth_orientation_sources(_epoch(2026)) == ("earth_latest_high_prec.bpc",)
    predicted = installed_kernels().earth_predicted_pck.name
    assert ephemeris.earth_orientation_sources([_epoch(2026), _epoch(2029)]) == (
        "earth_latest_high_prec.bpc",
        predicted,
    )


def test_wrong_kernels_are_refused(tmp_path: Path) -> None:
    kernels = installed_kernels()
    with pytest.raises(KernelError, match="no segment of body 501 from body 5"):
        read_spk(kernels.ephemeris_spk, 501, 5)
    with pytest.raises(KernelError, match="is DAF/PCK, not DAF/SPK"):
        read_spk(kernels.lunar_pck, 10, 0)
    with pytest.raises(KernelError, match="no orientation of frame 3000"):
        read_pck(kernels.lunar_pck, 3000)
    broken = tmp_path / "broken.bsp"
    broken.write_bytes(b"not a kernel" * 200)
    with pytest.raises(KernelError, match=r"broken\.bsp"):
        Ephemeris(replace(kernels, ephemeris_spk=broken))
    with pytest.raises(KernelError, match="cannot be read"):
        Ephemeris(replace(kernels, ephemeris_spk=tmp_path / "absent.bsp"))
    with pytest.raises(KernelError, match="DELTET/DELTA_AT"):
        TimeScale.read(kernels.lunar_frames)
