"""Templates and filters of the report's pages, and pictures as PNG."""

from importlib.resources import files
from io import BytesIO

from jinja2 import Environment, Template
from malapert_core.documents.plain_text import printable
from matplotlib.figure import Figure

from malapert_cli.summary import parse_time


def png_of(figure: Figure) -> bytes:
    """Return a figure as a PNG file."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def template_of(name: str) -> Template:
    """Return a page's template; what it shows is escaped."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_clean)
    environment.filters["when"] = lambda text: f"{parse_time(text):%Y-%m-%d %H:%M}"
    environment.filters["hours"] = lambda seconds: f"{seconds / 3600:,.1f}"
    return environment.from_string(files("malapert_cli.report").joinpath(name).read_text(encoding="utf-8"))


def _clean(value: object) -> object:
    """Return what a page shows without control characters, which HTML does not hold."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
