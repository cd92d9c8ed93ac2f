"""``python -m malapert_payload serve|migrate``."""

from pathlib import Path

from malapert_core.service import cli_main

from malapert_payload.config import PayloadSettings
from malapert_payload.factory import build

MIGRATIONS = Path(__file__).parents[2] / "migrations"

if __name__ == "__main__":
    cli_main(PayloadSettings, build, MIGRATIONS)
