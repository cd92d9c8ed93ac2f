"""Lists and profiles as pandas tables, and tables as Parquet files: `malapert-client[pandas]`, or `[parquet]`."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from malapert_http_models.contracts.comms_window import Window
    from malapert_http_models.contracts.planner import Plan
    from pydantic import BaseModel


def table(items: "Iterable[BaseModel]") -> "pd.DataFrame":
    """Return models of one kind as a table: a row each, the fields of parts as `part.field`, times as UTC timestamps.

    Lists stay lists in their cell.
    """
    import pandas as pd

    return pd.DataFrame([dict(_cells(item.model_dump(mode="python"), "")) for item in items])


def window_profiles(windows: "Iterable[Window]") -> "pd.DataFrame":
    """Return the profiles of windows, a row for each sample: whose, which quantity, when (UTC), and the value.

    Quantities have their unit in their name.
    """
    columns = ["window_id", "kind", "place_id", "orbiter_id", "station_id", "quantity", "time", "value"]
    rows = (
        (
            each.window_id,
            each.kind.value,
            each.place_id,
            each.orbiter_id,
            each.station_id,
            profile.quantity,
            time,
            value,
        )
        for each in windows
        for profile in each.profiles
        for time, value in _samples(each.interval.start_time, profile.offset_s, profile.value)
    )
    return _frame(rows, columns)


def resource_profiles(plan: "Plan") -> "pd.DataFrame":
    """Return the resources along a plan, a row for each sample: which, its unit, when (UTC), and the value.

    Raises
    ------
    ValueError
        Where the plan has profiles and no horizon from which they count.
    """
    if plan.horizon is None and plan.profiles:
        raise ValueError(f"plan {plan.plan_id} has no horizon from which its profiles count")
    rows = (
        (profile.resource_id, profile.unit, time, value)
        for profile in plan.profiles
        if plan.horizon is not None
        for time, value in _samples(plan.horizon.start_time, profile.offset_s, profile.value)
    )
    return _frame(rows, ["resource_id", "unit", "time", "value"])


def write_parquet(frame: "pd.DataFrame", path: Path | str, about: Mapping[str, str] | None = None) -> None:
    """Write a table as a Parquet file, compressed with zstd.

    Parameters
    ----------
    about
        What the file's metadata say beside the columns, such as the plan and its content hash.
    """
    import pyarrow as pa
    from pyarrow import parquet

    made = pa.Table.from_pandas(frame, preserve_index=False)
    kept = {name.encode(): text.encode() for name, text in (about or {}).items()}
    parquet.write_table(
        made.replace_schema_metadata({**(made.schema.metadata or {}), **kept}), path, compression="zstd"
    )


def _frame(rows: Iterable[tuple[Any, ...]], columns: list[str]) -> "pd.DataFrame":
    import pandas as pd

    # A table without rows has columns of their kinds all the same.
    kinds = {"time": "datetime64[us, UTC]", "value": "float64"}
    return pd.DataFrame(rows, columns=columns).astype({name: kinds.get(name, "str") for name in columns})


def _samples(start: datetime, offset_s: Iterable[float], values: Iterable[float]) -> Iterator[tuple[datetime, float]]:
    for each, value in zip(offset_s, values, strict=True):
        yield start + timedelta(seconds=each), value


def _cells(values: dict[str, Any], prefix: str) -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _cells(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
