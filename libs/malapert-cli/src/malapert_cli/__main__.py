"""The command `malapert`."""

import typer

from malapert_cli.audit import audit
from malapert_cli.check import check
from malapert_cli.compare import compare
from malapert_cli.keys import admin, key
from malapert_cli.page_link import open_page
from malapert_cli.plan import plan
from malapert_cli.refusing import EXIT_CODES, RefusingGroup
from malapert_cli.report_command import report
from malapert_cli.robustness import robustness
from malapert_cli.sign import sign
from malapert_cli.terrain.command import terrain
from malapert_cli.up import HELP, up
from malapert_cli.verify import verify

app = typer.Typer(
    cls=RefusingGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Mission planning for the lunar poles.",
    epilog=EXIT_CODES,
)
app.command(help=HELP, context_settings={"ignore_unknown_options": True})(up)
for command in (check, plan, report, compare, robustness, sign, verify):
    app.command(epilog=EXIT_CODES)(command)
app.command("open", epilog=EXIT_CODES)(open_page)
app.command(context_settings={"ignore_unknown_options": True}, epilog=EXIT_CODES)(admin)
app.add_typer(terrain, name="terrain")
app.add_typer(key, name="key")
app.add_typer(audit, name="audit")

if __name__ == "__main__":
    app()
