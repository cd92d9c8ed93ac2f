"""Colours that the pictures share with the page: `tokens.json` is the one place for them."""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def tokens() -> dict[str, Any]:
    """Return the design tokens."""
    document: dict[str, Any] = json.loads(files("malapert_cli.report").joinpath("tokens.json").read_text("utf-8"))
    return document


def light(name: str) -> str:
    """Return a colour of the light theme, `#RRGGBB`."""
    return str(tokens()["light"][name])


def agency_colours(agencies: Iterable[str]) -> dict[str, str]:
    """Return a colour for each agency: its own where it has one, else the next free in order of names, else neutral."""
    table = tokens()["agencies"]
    named: dict[str, str] = table["named"]
    ordered = sorted(set(agencies))
    taken = {named[agency] for agency in ordered if agency in named}
    free = [hue for hue in table["order"] if hue not in taken]
    colour_of = tokens()["light"]["agency"]
    hues = {agency: named.get(agency) or (free.pop(0) if free else table["beyond"]) for agency in ordered}
    return {agency: str(colour_of[hue]) for agency, hue in hues.items()}
