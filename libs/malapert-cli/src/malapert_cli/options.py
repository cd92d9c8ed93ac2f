"""Options that every command which asks a platform has."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from malapert_client import Client, Connection

TIMEOUT_S = 120.0
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where the platform is and which key it is shown, as far as options say; the rest is looked up."""

    url: str | None = None
    key: str | None = None
    agency: str | None = None
    role_of_key: str | None = None
    profile: str | None = None

    @property
    def is_named(self) -> bool:
        """Whether any option says something."""
        return any((self.url, self.key, self.agency, self.role_of_key, self.profile))

    def connection(self, *, usual_role: str | None = None) -> "Connection":
        """Return address and key of the options, the environment, the configuration or the platform started here.

        Parameters
        ----------
        usual_role
            Role of the key that is taken from a keys file where neither the options nor a profile name one.
        """
        from malapert_client.connection import find_connection, read_profile

        role = self.role_of_key.upper() if self.role_of_key else read_profile(self.profile).get("role") or usual_role
        return find_connection(self.url, self.key, self.agency, role, profile=self.profile)

    def client(self, *, usual_role: str | None = "PLANNER") -> "Client":
        """Return a client of `connection`."""
        from malapert_client import Client

        return Client(connection=self.connection(usual_role=usual_role), timeout_s=TIMEOUT_S)


OPTIONS = {"url": Url, "key": Key, "agency": Agency, "role_of_key": Role, "profile": Profile}
"""The options that `Place` is made of; operations have roles and other fields of their own beside them."""


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of a platform in place of its parameter `place`."""
    own = [each for each in inspect.signature(command, eval_str=True).parameters.values() if each.name != "place"]

    def run(**given: Any) -> None:
        place = Place(**{name: given.pop(name) for name in OPTIONS})
        command(**given, place=place)

    return shaped(run, [*own, *option_parameters()], command.__name__, command.__doc__)


def option_parameters() -> list[inspect.Parameter]:
    """Return the options of a platform as parameters of a command."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [inspect.Parameter(name, keyword, default=None, annotation=kind) for name, kind in OPTIONS.items()]


def shaped(
    run: Callable[..., None], parameters: list[inspect.Parameter], name: str, told: str | None
) -> Callable[..., None]:
    """Return a function with the signature, the name and the help that typer reads."""
    run.__name__, run.__doc__ = name, told
    named = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    run.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
