"""Templates and filters of the report's pages, the script and style that they carry, and pictures as PNG."""

import base64
import hashlib
import json
from importlib.resources import files
from io import BytesIO
from typing import Any

from jinja2 import Environment
from malapert_client.widget.data import Json
from malapert_core.documents.plain_text import printable
from matplotlib.figure import Figure

from malapert_cli.report.tokens import tokens
from malapert_cli.summary import parse_time

SCRIPT = "built/report.js"


def png_of(figure: Figure) -> bytes:
    """Return a figure as a PNG file."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def has_script() -> bool:
    """Return whether the script of the timeline was built into this package."""
    return files("malapert_cli.report").joinpath(SCRIPT).is_file()


def render_page(name: str, timeline: Json, **values: Any) -> str:
    """Return a page that needs nothing but itself; what it shows is escaped.

    Its policy lets no script and no style run but its own, each by its hash.
    """
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_clean)
    environment.filters["when"] = lambda text: f"{parse_time(text):%Y-%m-%d %H:%M}"
    environment.filters["hours"] = lambda seconds: f"{seconds / 3600:,.1f}"
    style = f"{_variables()}\n{_text('page.css')}"
    script = _text(SCRIPT) if has_script() else ""
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    return environment.from_string(_text(name)).render(
        **values, policy=policy, style=style, script=script, timeline_data=_data(timeline)
    )


def _text(name: str) -> str:
    # Line ends as they are: a policy's hash is of the very bytes.
    return files("malapert_cli.report").joinpath(name).read_bytes().decode("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(timeline: Json) -> str:
    # Within a script element only a `<` can end it or open a comment.
    return json.dumps(timeline, separators=(",", ":")).replace("<", "\\u003c")


def _variables() -> str:
    def theme(name: str) -> str:
        colours = {key: value for key, value in tokens()[name].items() if isinstance(value, str)}
        return f"color-scheme: {name}; " + " ".join(f"--{key}: {value};" for key, value in colours.items())

    kind = tokens()["type"]
    always = f":root {{ --family: {kind['family']}; --mono: {kind['mono']}; {theme('light')} }}"
    return f"{always}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {theme('dark')} }} }}"


def _clean(value: object) -> object:
    """Return what a page shows without control characters, which HTML does not hold."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
