"""The command `malapert audit verify`, on an export of the audit."""

from pathlib import Path
from typing import Annotated

import typer

from malapert_cli.refusing import RefusingGroup

audit = typer.Typer(
    cls=RefusingGroup, no_args_is_help=True, help="Chains of the audit, as GET /audit/export gives them."
)
LogFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--anchors", help="logs of the services, whose anchors the chains must pass", exists=True, dir_okay=False
    ),
]


@audit.callback()
def about() -> None:
    """Chains of the audit, as GET /audit/export gives them."""


@audit.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="an export of the audit, JSON lines", exists=True, dir_okay=False)],
    anchors: LogFiles = None,
) -> None:
    """Verify an export without the platform; exit code 1 where an entry was altered, removed, exchanged or inserted."""
    from malapert_cli.chains import verify_exported

    verify_exported(file, anchors or ())
