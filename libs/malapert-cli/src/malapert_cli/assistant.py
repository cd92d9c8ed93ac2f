"""The command `malapert mcp`: an assistant on this machine may ask a platform, and change nothing there."""

import asyncio
from importlib.util import find_spec

from malapert_cli.options import Place, asking
from malapert_cli.refusing import RefusalError


@asking
def mcp(*, place: Place) -> None:
    """Answer an assistant's questions by the Model Context Protocol, over standard input and output.

    It reads missions, requests, plans, windows, stations and contacts, says why a request is not planned, and checks
    edits without storing them. It releases, approves, books and changes nothing. What it sees is what the key may see.
    """
    if find_spec("mcp") is None:
        raise RefusalError("the package mcp is not here: pip install 'mcp>=2'")
    from malapert_client.assistant.server import serve

    asyncio.run(serve(place.connection(usual_role="VIEWER")))
