"""The timeline of plans as a widget of notebooks: marimo, Jupyter and whatever else takes anywidget's modules."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from malapert_client.widget.data import timeline_data

if TYPE_CHECKING:
    from malapert_http_models.contracts.comms_window import Station, Window
    from malapert_http_models.contracts.planner import Plan

SCRIPT = Path(__file__).parent / "built" / "timeline.js"
_NOT_BUILT = """
export default { render: ({ el }) => el.replaceChildren("The timeline's script was not built here: make web does.") };
"""


class Timeline(anywidget.AnyWidget):
    """Timeline of a plan, or of two that are compared, as the page of the platform draws it.

    Parameters
    ----------
    plan, other
        The plan, and the one that it is compared with.
    windows
        Windows whose light and darkness are the ground of places, such as those of `Client.list_windows`.
    stations
        Stations by whose names contacts are shown, such as those of `Client.list_stations`.
    """

    plans = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        plan: "Plan | Mapping[str, Any]",
        other: "Plan | Mapping[str, Any] | None" = None,
        *,
        windows: "Iterable[Window | Mapping[str, Any]]" = (),
        stations: "Iterable[Station | Mapping[str, Any]]" = (),
    ) -> None:
        shown = [_plain(each) for each in (plan, other) if each is not None]
        data = timeline_data(shown, map(_plain, windows), map(_plain, stations))
        super().__init__(plans=data, _esm=SCRIPT.read_text(encoding="utf-8") if SCRIPT.is_file() else _NOT_BUILT)


def _plain(thing: Any) -> dict[str, Any]:
    """Return a thing of the API as the platform tells it."""
    return dict(thing) if isinstance(thing, Mapping) else thing.model_dump(mode="json")
