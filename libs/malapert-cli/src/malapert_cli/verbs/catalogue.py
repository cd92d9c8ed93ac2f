"""Operations of the API as the generated table of the client describes them, and the verbs that make them."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from malapert_cli.verbs.table import NOUN_OF_TAG, VERBS, Verb


@cache
def operations() -> dict[str, dict[str, Any]]:
    """Return every operation by its name, with its parameters and what they mean."""
    text = (files("malapert_client") / "generated" / "operations.json").read_text(encoding="utf-8")
    return {each["name"]: each for each in json.loads(text)}


USUAL_ROLES = ("PLANNER", "REQUESTER", "APPROVER", "OPERATOR", "ADMINISTRATOR", "PLATFORM", "VIEWER")


def usual_role(operation: dict[str, Any]) -> str:
    """Return the role of the key that an operation is done with where none is named: the most usual that may do it."""
    return next((role for role in USUAL_ROLES if role in operation["roles"]), USUAL_ROLES[0])


def verbs() -> Iterator[Verb]:
    """Yield the verbs, one for each operation: of the table, and of operations that have no row in it yet."""
    known = operations()
    named = {verb.operation for verb in VERBS}
    yield from (verb for verb in VERBS if verb.operation in known)
    for name, operation in known.items():
        if name not in named:
            yield Verb(NOUN_OF_TAG.get(operation["tag"], "auth"), name.replace("_", "-"), name)


def verbs_of(noun: str) -> dict[str, Verb]:
    """Return the verbs of a noun by their names."""
    return {verb.name: verb for verb in verbs() if verb.noun == noun}
