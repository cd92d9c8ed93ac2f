"""Run the landing-site service: serve or migrate."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from malapert_core.command_line import cli_main
from malapert_core.service import ServiceParts, ServiceRuntime

from malapert_landing_site.config import LandingSiteSettings


def build(runtime: ServiceRuntime[LandingSiteSettings]) -> AbstractAsyncContextManager[ServiceParts]:
    """Build the service, its compiled code cached in the data directory."""
    # numba reads this when the compiled functions are defined, so before the factory is imported.
    os.environ.setdefault("NUMBA_CACHE_DIR", str((runtime.settings.data_dir / "numba").absolute()))
    from malapert_landing_site import factory

    return factory.build(runtime)


if __name__ == "__main__":
    cli_main(LandingSiteSettings, build, Path(__file__).parent / "migrations")
