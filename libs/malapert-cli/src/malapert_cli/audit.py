"""The command `malapert audit verify`, on an export of the audit."""

from pathlib import Path
from typing import Annotated

import typer

LogFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--anchors", help="logs of the services, whose anchors the chains must pass", exists=True, dir_okay=False
    ),
]


def verify(
    file: Annotated[Path, typer.Argument(help="an export of the audit, JSON lines", exists=True, dir_okay=False)],
    anchors: LogFiles = None,
) -> None:
    """Verify an export without the platform; exit code 1 where an entry was altered, removed, exchanged or inserted."""
    from malapert_cli.chains import verify_exported

    verify_exported(file, anchors or ())
