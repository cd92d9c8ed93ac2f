"""The commands `malapert event tail` and `event replay`: the feed of events in a terminal."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from malapert_cli.numbers import duration_s
from malapert_cli.options import AsJson, Place, asking
from malapert_cli.terminal import console, refusals

if TYPE_CHECKING:
    from malapert_client import FeedItem

Types = Annotated[
    list[str] | None, typer.Option("--type", help="only this type, such as malapert.planner.v1.plan.released; repeated")
]
Mission = Annotated[str | None, typer.Option("--mission-id", "--mission", help="only of this mission")]
Owner = Annotated[str | None, typer.Option("--owner", help="only of this agency")]
After = Annotated[str | None, typer.Option(help="cursor after which it begins, as it is printed")]


@asking
def tail(
    types: Types = None,
    mission: Mission = None,
    owner: Owner = None,
    after: After = None,
    as_json: AsJson = False,
    *,
    place: Place,
) -> None:
    """Print events as they come, until Ctrl-C; a connection that breaks is taken up again where it was."""
    with place.client() as client:
        feed = client.watch_events(types=types, mission_id=mission, agency_id=owner, last_event_id=after)
        for item in feed:
            _print(item, as_json=as_json)


LEAST_QUIET_S = 0.1
"""Least silence after which a feed counts as over, seconds: it must have come before."""


@asking
def replay(
    types: Types = None,
    mission: Mission = None,
    owner: Owner = None,
    after: After = None,
    quiet_s: Annotated[
        float, typer.Option(parser=duration_s, metavar="SECONDS", help="silence after which it is over, seconds")
    ] = 3.0,
    as_json: AsJson = False,
    *,
    place: Place,
) -> None:
    """Print the events that the platform keeps, from a cursor or the oldest, and end; the last line is the cursor."""
    from malapert_client.events import beginning_of

    if quiet_s < LEAST_QUIET_S:
        raise typer.BadParameter(f"{LEAST_QUIET_S:g} s of silence are needed at least", param_hint="--quiet-s")
    with place.client() as client:
        if after is None:
            after = beginning_of(client.watch_events().opened())
        feed = client.watch_events(types=types, mission_id=mission, agency_id=owner, last_event_id=after)
        for item in feed.items(quiet_s=quiet_s):
            _print(item, as_json=as_json)
        refusals.print(f"cursor {feed.cursor}")


def _print(item: "FeedItem", *, as_json: bool) -> None:
    told = item.event or item.gap
    if as_json and told:
        typer.echo(json.dumps({"cursor": item.cursor, **told.model_dump(mode="json")}, ensure_ascii=False))
    elif item.event:
        event = item.event
        name = event.type.removeprefix("malapert.")
        console.print(
            f"{event.time:%Y-%m-%dT%H:%M:%SZ}  {name:<40} {event.entity_id}  {event.agency_id}", soft_wrap=True
        )
    elif item.gap:
        refusals.print(
            f"events of {', '.join(item.gap.areas)} before this may be missed, or come again", style="yellow"
        )
