"""Lists and profiles as pandas tables; they need `malapert-client[pandas]`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import BaseModel


def table(items: "Iterable[BaseModel]") -> "pd.DataFrame":
    """Return models of one kind as a table: a row each, the fields of parts as `part.field`, times as UTC timestamps.

    Lists stay lists in their cell.
    """
    import pandas as pd

    return pd.DataFrame([dict(_cells(item.model_dump(mode="python"), "")) for item in items])


def _cells(values: dict[str, Any], prefix: str) -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _cells(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
