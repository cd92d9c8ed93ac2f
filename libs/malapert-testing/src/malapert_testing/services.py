"""Any service in the test's process: its own factory, a real broker, a real database, real gRPC."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
from malapert_core.config import ServiceSettings
from malapert_core.policy.identity import Identity, Role, service_identity
from malapert_core.policy.tokens import GATEWAY
from malapert_core.rpc.client import open_channel
from malapert_core.service import Build, RunningService, running_service

from malapert_testing.identities import identity_settings, service_tokens
from malapert_testing.templates import migrate_new_file

S = TypeVar("S", bound=ServiceSettings)
_services_by_target: dict[str, str] = {}


def identity_of(agency_id: str, role: Role = Role.PLANNER) -> Identity:
    """Return an agency's identity for a test, or the planner's for the role of a service."""
    if role is Role.SERVICE:
        return service_identity("planner")
    key_id = f"{agency_id}-test-key"
    return Identity(agency_id, role, key_id, f"key:{key_id}")


def open_test_channel(
    target: str, identity: Identity, services: Sequence[str] = (), *, service_name: str = ""
) -> grpc.aio.Channel:
    """Return a channel that calls as an identity, through the gateway; use it as an asynchronous context manager.

    The name of the service behind the target need be given only where no `ServiceLauncher` of this process runs it.
    """
    signer = identity.via_service or (identity.key_id if identity.is_service else GATEWAY)
    return open_channel(
        target,
        tokens=service_tokens(signer),
        audience=service_name or _services_by_target[target],
        service_identity=identity,
        services=services,
        default_timeout_s=20.0,
    )


class ServiceLauncher:
    """Runs services on one broker and database; see the fixture ``service_runtime``."""

    def __init__(self, nats_url: str, database_url: str, data_dir: Path) -> None:
        self.nats_url = nats_url
        self.database_url = database_url
        self.data_dir = data_dir

    def settings(self, settings_class: type[S], **values: Any) -> S:
        """Return a service's settings for this test; values given here win."""
        return settings_class(
            **{
                "nats_url": self.nats_url,
                "database_url": self.database_url,
                "data_dir": self.data_dir,
                **identity_settings(self.data_dir, settings_class.service_name),
                "auto_migrate": True,
                "grpc_port": 0,
                "stop_grace_s": 1.0,
                **values,
            }
        )

    async def prepare(self, settings: ServiceSettings, migrations: Path) -> None:
        """Give a service that may migrate its database at start, and has none yet, one that is migrated."""
        if settings.auto_migrate:
            await migrate_new_file(settings.database_address, migrations)

    @asynccontextmanager
    async def run(
        self, settings_class: type[S], build: Build[S], migrations: Path, **values: Any
    ) -> AsyncIterator[RunningService[S]]:
        """Run a service for the length of an ``async with`` block; its address is ``service.target``."""
        settings = self.settings(settings_class, **values)
        await self.prepare(settings, migrations)
        async with running_service(settings, build, migrations) as service:
            _services_by_target[service.target] = settings_class.service_name
            yield service
