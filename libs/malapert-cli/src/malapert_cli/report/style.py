"""Colours and axes that all pictures share."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#1d2433"
LIGHT = "#f5c542"
NIGHT = "#39415a"
EARTH = "#7db8e8"
DRIVE = "#111111"
BUSY = "#9aa3b5"
"""What others keep to themselves: only that and where something is done."""
GRID = "#d9dde5"
PALETTE = ("#3b6fb6", "#d1495b", "#2f9e6b", "#e07b1f", "#8a5cc2", "#8c6d5a", "#c2528b", "#5f7d8c")

matplotlib.rcParams.update(
    {
        "font.size": 9,
        # A name with dollar signs is no formula.
        "text.parse_math": False,
        "axes.edgecolor": "#9aa3b5",
        "axes.labelcolor": INK,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.grid": True,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "figure.dpi": 110,
    }
)


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure with a tight layout, not known to pyplot and so not kept alive by it."""
    return Figure(figsize=(width_in, height_in), layout="constrained")


def utc_axis(axes: Axes) -> None:
    """Label a time axis in UTC."""
    locator = mdates.AutoDateLocator(minticks=5, maxticks=14)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, show_offset=True))
    axes.set_xlabel("UTC")


def colours(names: list[str]) -> dict[str, str]:
    """Return a colour for each name, the same in every picture."""
    return {name: PALETTE[number % len(PALETTE)] for number, name in enumerate(sorted(set(names)))}
