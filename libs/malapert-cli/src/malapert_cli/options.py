"""Options that every command which asks a platform has."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from malapert_client import Client, Connection

PLACE = "Where the platform is"
Url = Annotated[str | None, typer.Option(help="address of the platform", rich_help_panel=PLACE)]
Key = Annotated[str | None, typer.Option(help="key shown to the platform", rich_help_panel=PLACE)]
Agency = Annotated[str | None, typer.Option(help="agency whose key is taken from the keys file", rich_help_panel=PLACE)]
Role = Annotated[
    str | None,
    typer.Option("--as", help="role of the key that is taken from the keys file", rich_help_panel=PLACE),
]
Profile = Annotated[str | None, typer.Option(help="profile of the configuration file", rich_help_panel=PLACE)]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON, as the platform tells it")]


def named_path(text: str | Path) -> Path:
    """Return the path that an option names; an empty one, such as of an unset variable, would be this directory.

    Raises
    ------
    typer.BadParameter
        Where nothing is named.
    """
    if not str(text).strip():
        raise typer.BadParameter("it is empty; a path is needed, '.' for this directory")
    return Path(text)


def open_client(
    url: str | None,
    key: str | None,
    agency: str | None,
    role: str | None = None,
    profile: str | None = None,
    *,
    usual_role: str | None = None,
    keys_file: Path | None = None,
    timeout_s: float = 120.0,
) -> "Client":
    """Return a client of the platform that the options, the environment or the configuration names.

    Parameters
    ----------
    usual_role
        Role of the key that is taken from a keys file where neither the options nor a profile name one.
    """
    from malapert_client import Client

    connection = named_connection(url, key, agency, role, profile, usual_role=usual_role, keys_file=keys_file)
    return Client(connection=connection, timeout_s=timeout_s)


def named_connection(
    url: str | None,
    key: str | None,
    agency: str | None,
    role: str | None = None,
    profile: str | None = None,
    *,
    usual_role: str | None = None,
    keys_file: Path | None = None,
) -> "Connection":
    """Return address and key of the platform that the options, the environment or the configuration names."""
    from malapert_client.connection import find_connection, read_profile

    named = role.upper() if role else read_profile(profile).get("role") or usual_role
    return find_connection(url, key, agency, named, keys_file, profile=profile)
