"""The command `malapert auth save`: a profile of the configuration file."""

import os
import sys
from typing import Annotated

import typer

from malapert_cli.options import Url
from malapert_cli.refusing import MISUSED, refusal
from malapert_cli.terminal import console


def save(
    name: Annotated[
        str, typer.Argument(help="name of the profile; `default` is taken where none is named")
    ] = "default",
    url: Url = None,
    role: Annotated[str | None, typer.Option("--as", help="role of keys that are taken from a keys file")] = None,
) -> None:
    """Save an address and a key, read from standard input and not shown, as a profile that you alone can read."""
    from malapert_client.connection import checked_url, configuration_file

    address = checked_url(url)
    key = typer.prompt("key", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not key.isascii() or not key.isprintable() or not key or any(each in key for each in '"\\ '):
        raise refusal("what was given is no key", MISUSED)
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise refusal("a name has letters, digits, - and _", MISUSED)
    path = configuration_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    content = path.read_text(encoding="utf-8") if path.exists() else ""
    if f"[profiles.{name}]" in content:
        raise refusal(f"{path} has a profile {name!r} already: change it there", MISUSED)
    lines = [f"[profiles.{name}]", f'url = "{address}"', f'key = "{key}"', *([f'role = "{role}"'] if role else [])]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(("\n" if content else "") + "\n".join(lines) + "\n")
    console.print(f"saved profile {name} in {path}")
