"""Groups of commands that load a command's module when the command is asked for, so that help comes at once."""

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from malapert_cli.refusing import EXIT_CODES, RefusingGroup
from malapert_cli.verbs.table import BY_HAND, NOUNS

OWN = {
    "up": ("malapert_cli.up:up", "Start the platform on this machine and keep it running until Ctrl-C."),
    "open": ("malapert_cli.page_link:open_page", "Print a link that opens the page, once, as the holder of a key."),
    "mcp": (
        "malapert_cli.assistant:mcp",
        "Let an assistant ask a platform (Model Context Protocol); it changes nothing.",
    ),
    "admin": ("malapert_cli.keys:admin", "On the host: keys without any, and the audit's chains."),
}
"""Commands of no noun, and what each does."""


class RootGroup(RefusingGroup):
    """The command `malapert`: its own commands, and the nouns."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*OWN, *NOUNS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return what stands for a command in a list: its name and its first line."""
        if cmd_name in OWN:
            return TyperCommand(cmd_name, help=OWN[cmd_name][1])
        return TyperCommand(cmd_name, help=NOUNS[cmd_name]) if cmd_name in NOUNS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is meant, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is None or name is None:
            return name, command, rest
        return name, own_command(name) if name in OWN else noun_group(name), rest


@cache
def own_command(name: str) -> Any:
    """Return a command of no noun."""
    function = loaded(OWN[name][0])
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    told = getattr(importlib.import_module(function.__module__), "HELP", None)
    # What follows belongs to the command that is started, or to the gateway's own.
    settings = {} if name in ("open", "mcp") else {"ignore_unknown_options": True}
    app.command(name, epilog=None if told else EXIT_CODES, help=told, context_settings=settings)(function)
    return get_command(app)


@cache
def noun_group(noun: str) -> Any:
    """Return the group of a noun's commands: those made by hand, and one for each operation of the API."""
    from malapert_cli.verbs.catalogue import operations, verbs_of
    from malapert_cli.verbs.command import command_of

    app = typer.Typer(
        cls=RefusingGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=NOUNS[noun]
    )
    app.callback(help=NOUNS[noun], epilog=EXIT_CODES)(_group)
    by_hand = {verb: place for (of, verb), place in BY_HAND.items() if of == noun}
    for name, place in by_hand.items():
        app.command(name, epilog=EXIT_CODES)(loaded(place))
    for name, verb in verbs_of(noun).items():
        if name not in by_hand:
            app.command(name, epilog=EXIT_CODES)(command_of(verb, operations()[verb.operation]))
    return get_command(app)


def loaded(place: str) -> Callable[..., Any]:
    """Return the function of ``module:name``."""
    module, _, name = place.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def _group() -> None:
    """Group of commands."""
