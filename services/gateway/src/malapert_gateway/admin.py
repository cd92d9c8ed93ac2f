"""`python -m malapert_gateway admin`: what whoever has the host may do without any key, and never unseen."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.migrations import schema_is_current
from malapert_core.errors import PreconditionError
from malapert_core.policy.identity import Role
from malapert_core.timestamps import format_time, utc_now

from malapert_gateway.config import GatewaySettings
from malapert_gateway.factory import MIGRATIONS
from malapert_gateway.services.host_keys import HostKeys

_ROLES = [role.name for role in Role if role is not Role.SERVICE]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """State what the command line takes."""
    verbs = parser.add_subparsers(dest="admin_verb", required=True)
    new_key = verbs.add_parser("new-key", help="make a key, shown once; the agency's administrators see that it was")
    new_key.add_argument("--agency", required=True, help="an admitted agency; list-agencies names them")
    new_key.add_argument("--role", required=True, choices=_ROLES)
    new_key.add_argument("--label", default="made on the host", help="what it is for, at most 200 characters")
    verbs.add_parser("list-agencies", help="list agencies with the number of usable keys by role")


def run(arguments: argparse.Namespace, settings: GatewaySettings) -> None:
    """Do what the command line says on the gateway's database, whether the gateway runs or not."""
    work = _new_key if arguments.admin_verb == "new-key" else _list_agencies
    try:
        asyncio.run(_on_database(settings, lambda keys: work(keys, arguments)))
    except PreconditionError as error:
        sys.exit(f"{error.reason}: {error.message}")


async def _on_database(settings: GatewaySettings, work: Callable[[HostKeys], Awaitable[None]]) -> None:
    database = Database(settings.database_address)
    try:
        with database.unusable_told():
            if not await schema_is_current(database, MIGRATIONS):
                message = "start the gateway once, or run `python -m malapert_gateway migrate`"
                raise PreconditionError("SCHEMA_OUTDATED", f"the gateway's schema is not current; {message}")
            await work(HostKeys(database, AuditTrail(settings.service_name)))
    finally:
        await database.close()


async def _new_key(keys: HostKeys, arguments: argparse.Namespace) -> None:
    label = arguments.label.strip()
    if len(label) > 200 or not label.isprintable():
        raise PreconditionError("INVALID_LABEL", "at most 200 printable characters are allowed")
    key, bearer = await keys.issue(arguments.agency, Role[arguments.role], label)
    message = (
        f"key {key.key_id} of {key.agency_id}, {key.role.name}, made on the host: recorded, and seen by its agency"
    )
    print(message, file=sys.stderr)
    print(bearer.text)


async def _list_agencies(keys: HostKeys, _arguments: Any) -> None:
    now = utc_now()
    for agency, its_keys in await keys.agencies():
        usable = [key.role for key in its_keys if key.is_usable(now)]
        counts = ", ".join(f"{usable.count(role)} {role.name}" for role in Role if role in usable) or "no usable key"
        print(f"{agency.agency_id}\t{agency.state}\tsince {format_time(agency.admitted_time)}\t{counts}")
