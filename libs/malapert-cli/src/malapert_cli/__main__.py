"""The command `malapert`."""

import typer

from malapert_cli.check import check
from malapert_cli.compare import compare
from malapert_cli.plan import plan
from malapert_cli.terrain.command import terrain
from malapert_cli.up import HELP, up

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Mission planning for the lunar poles.")
app.command(help=HELP, context_settings={"ignore_unknown_options": True})(up)
app.command()(check)
app.command()(plan)
app.command()(compare)
app.add_typer(terrain, name="terrain")

if __name__ == "__main__":
    app()
