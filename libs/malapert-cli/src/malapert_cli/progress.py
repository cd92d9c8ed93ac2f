"""Progress bars of an operation, one a stage."""

import contextlib
from typing import TYPE_CHECKING

import httpx
from malapert_core.documents.plain_text import one_line
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from malapert_cli.api import Api, ApiError

if TYPE_CHECKING:
    from malapert_http_models.contracts.operation import Operation


def follow(api: Api, operation_id: str, console: Console) -> "Operation":
    """Show an operation's stages until it ends, and return its last state. Ctrl-C cancels the operation.

    Raises
    ------
    ApiError
        Where it failed or was cancelled, with its reason and faults.
    """
    bars: dict[str, TaskID] = {}
    operation: Operation
    columns = (
        TextColumn("{task.description:<28}", markup=False),
        BarColumn(30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
    )
    try:
        with Progress(*columns, console=console) as progress:
            for operation in api.watch(operation_id):
                for stage in operation.stages:
                    if stage.name not in bars:
                        bars[stage.name] = progress.add_task(one_line(stage.title), total=1.0, detail="")
                    progress.update(bars[stage.name], completed=stage.fraction, detail=one_line(stage.detail))
    except KeyboardInterrupt:
        with contextlib.suppress(httpx.HTTPError, ApiError):
            api.post(f"/operations/{operation_id}:cancel")
        raise
    if operation.state != "SUCCEEDED":
        raise ApiError(
            {
                "title": f"operation {operation.state.lower()}",
                "detail": operation.error_message,
                "reason": operation.error_reason,
                "errors": [fault.model_dump() for fault in operation.faults],
            }
        )
    return operation
