from malapert_core.command_line import cli_main

from sample_service.factory import MIGRATIONS, SampleSettings, build

cli_main(SampleSettings, build, MIGRATIONS)
