"""Run the comms-window service: serve or migrate."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from malapert_core.command_line import cli_main
from malapert_core.service import ServiceParts, ServiceRuntime

from malapert_comms_window.config import CommsWindowSettings


def build(runtime: ServiceRuntime[CommsWindowSettings]) -> AbstractAsyncContextManager[ServiceParts]:
    """Build the service, its compiled code cached in the data directory."""
    # numba reads this when the compiled functions are defined, so before the factory is imported.
    os.environ.setdefault("NUMBA_CACHE_DIR", str((runtime.settings.data_dir / "numba").absolute()))
    from malapert_comms_window import factory

    return factory.build(runtime)


if __name__ == "__main__":
    cli_main(CommsWindowSettings, build, Path(__file__).parent / "migrations")
