"""``python -m malapert_comms_window serve|migrate``."""

from malapert_core.service import cli_main

from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.factory import MIGRATIONS, build

if __name__ == "__main__":
    cli_main(CommsWindowSettings, build, MIGRATIONS)
