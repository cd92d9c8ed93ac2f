"""The command `malapert open`: a link that opens the page once, for a key that is at hand."""

from typing import Annotated
from urllib.parse import quote

import typer

from malapert_cli.api import Api
from malapert_cli.connection import Connection, find_connection
from malapert_cli.terminal import console


def open_page(
    agency: Annotated[str | None, typer.Option(help="agency whose key is taken from the keys file")] = None,
    role: Annotated[str, typer.Option(help="role of the key that is taken from the keys file")] = "PLANNER",
    url: Annotated[str | None, typer.Option(help="address of the platform")] = None,
    key: Annotated[str | None, typer.Option(help="key shown to the platform")] = None,
) -> None:
    """Print a link that opens the page in a browser, once and within an hour, as the holder of a key."""
    link = page_link(find_connection(url, key, agency, role.upper()))
    console.print(link, markup=False, highlight=False, soft_wrap=True)


def page_link(connection: Connection, *, plan_first: bool = False) -> str:
    """Return a link that opens a session of the page, at the newest plan where that is wished and there is one.

    What opens it stands behind the `#`: a browser sends that to no server and no log keeps it.
    """
    with Api(connection, timeout_s=10.0) as api:
        newest = api.get("/plans", page_size=1)["plans"] if plan_first else []
        view = f"&to=plans/{quote(newest[0]['plan_id'], safe='')}" if newest else ""
        return f"{connection.url}/#open={api.post('/session-links')['ticket']}{view}"
