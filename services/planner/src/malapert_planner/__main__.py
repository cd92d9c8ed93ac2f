"""The planner's command line: ``python -m malapert_planner serve|migrate|health|worker``."""

from malapert_core.service import cli_main

from malapert_planner.config import PlannerSettings
from malapert_planner.factory import MIGRATIONS, build, work

if __name__ == "__main__":
    cli_main(PlannerSettings, build, MIGRATIONS, work=work)
