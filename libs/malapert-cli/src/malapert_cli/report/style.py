"""Colours and axes that all pictures share."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from malapert_cli.report.tokens import light, tokens

INK = light("ink")
LIGHT = light("sun")
NIGHT = light("ink2")
EARTH = light("earth")
DRIVE = light("ink")
BUSY = light("ink3")
"""What others keep to themselves: only that and where something is done."""
GRID = light("line")
FIRST, OTHER = (str(tokens()["light"]["agency"][hue]) for hue in tokens()["agencies"]["order"][:2])
"""Colours of two things that are held against each other."""

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
