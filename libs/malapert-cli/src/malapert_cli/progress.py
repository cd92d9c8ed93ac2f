"""Progress bars of an operation, one a stage."""

import contextlib
from typing import TYPE_CHECKING, Any

from malapert_client import MalapertError, Work
from malapert_core.documents.plain_text import one_line
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from malapert_http_models.contracts.operation import Operation


def follow(work: Work[Any], console: Console) -> "Operation":
    """Show the stages of long work until it ends, and return its last state. Ctrl-C cancels the work.

    Raises
    ------
    WorkError
        Where it failed or was cancelled, with its reason and faults.
    """
    bars: dict[str, TaskID] = {}
    columns = (
        TextColumn("{task.description:<28}", markup=False),
        BarColumn(30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
    )
    try:
        with Progress(*columns, console=console) as progress:

            def show(operation: "Operation") -> None:
                for stage in operation.stages:
                    if stage.name not in bars:
                        bars[stage.name] = progress.add_task(one_line(stage.title), total=1.0, detail="")
                    progress.update(bars[stage.name], completed=stage.fraction, detail=one_line(stage.detail))

            return work.wait(show)
    except KeyboardInterrupt:
        with contextlib.suppress(MalapertError):
            work.cancel()
        raise
