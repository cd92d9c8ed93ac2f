"""The planner's command line: ``python -m malapert_planner serve|migrate|health|live|retention|worker``."""

if __name__ == "__main__":
    # Imported here: each worker process runs this module as well, and would load the whole service first.
    from malapert_core.command_line import cli_main

    from malapert_planner.config import PlannerSettings
    from malapert_planner.factory import MIGRATIONS, build_for_process, retention, work

    cli_main(PlannerSettings, build_for_process, MIGRATIONS, work=work, retention=retention)
