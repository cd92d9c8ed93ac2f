"""Certificates of the platform's parts, made by what makes those of an installation."""

import subprocess
from pathlib import Path

from malapert_core.rpc.certificates import Certificates

_SCRIPT = Path(__file__).parents[4] / "deploy" / "make-certificates"


def make_certificates(folder: Path, *hosts: str) -> Path:
    """Make an authority and certificates of all parts in a folder, and return it."""
    subprocess.run([str(_SCRIPT), str(folder), *hosts], check=True, capture_output=True)  # noqa: S603 - a script of our own
    return folder


def certificates_in(folder: Path, part: str) -> Certificates:
    """Return those of one part, such as ``landing-site``."""
    return Certificates(folder / f"{part}.pem", folder / f"{part}-key.pem", folder / "ca.pem")


def tls_settings(folder: Path, part: str) -> dict[str, Path]:
    """Return the settings of a process that is that part."""
    own = certificates_in(folder, part)
    return {
        "tls_certificate_file": own.certificate,
        "tls_key_file": own.key,
        "tls_authority_file": own.authority,
    }
