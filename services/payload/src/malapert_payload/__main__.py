"""``python -m malapert_payload serve|migrate``."""

from malapert_core.command_line import cli_main

from malapert_payload.config import PayloadSettings
from malapert_payload.factory import MIGRATIONS, build

if __name__ == "__main__":
    cli_main(PayloadSettings, build, MIGRATIONS)
