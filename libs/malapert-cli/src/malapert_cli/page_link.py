"""The command `malapert open`: a link that opens the page once, for a key that is at hand."""

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from malapert_cli.options import Agency, Key, Place, Profile, Url
from malapert_cli.terminal import console

if TYPE_CHECKING:
    from malapert_client import Connection


def open_page(
    agency: Agency = None,
    role: Annotated[str, typer.Option(help="role of the key that is taken from the keys file")] = "PLANNER",
    url: Url = None,
    key: Key = None,
    profile: Profile = None,
) -> None:
    """Print a link that opens the page in a browser, once and within an hour, as the holder of a key."""
    with Place(url, key, agency, role, profile).client() as client:
        link = page_link(client.connection)
    console.print(link, markup=False, highlight=False, soft_wrap=True)


def page_link(connection: "Connection", *, plan_first: bool = False) -> str:
    """Return a link that opens a session of the page, at the newest plan where that is wished and there is one.

    What opens it stands behind the `#`: a browser sends that to no server and no log keeps it.
    """
    from malapert_client import Client

    with Client(connection=connection, timeout_s=10.0) as client:
        newest = client.list_plans(page_size=1).first() if plan_first else None
        view = f"&to=plans/{quote(newest.plan_id, safe='')}" if newest else ""
        return f"{connection.url}/#open={client.create_session_link().ticket}{view}"
