"""Any service in the test's process: its own factory, a real broker, a real database, real gRPC."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

import grpc
from malapert_core.config import ServiceSettings
from malapert_core.policy.identity import Identity, IdentitySigner, Role
from malapert_core.rpc.client import open_channel
from malapert_core.service import Build, RunningService, running_service

IDENTITY_SECRET = "a secret that only the tests share"  # noqa: S105
S = TypeVar("S", bound=ServiceSettings)


def identity_of(agency_id: str, role: Role = Role.PLANNER) -> Identity:
    """Return an agency's identity for a test."""
    return Identity(agency_id, role, f"{agency_id}-test-key")


def open_test_channel(target: str, identity: Identity, services: Sequence[str] = ()) -> grpc.aio.Channel:
    """Return a channel that calls as an identity; use it as an asynchronous context manager."""
    signer = IdentitySigner(IDENTITY_SECRET)
    return open_channel(target, signer=signer, service_identity=identity, services=services, default_timeout_s=20.0)


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
                "identity_secret": IDENTITY_SECRET,
                "auto_migrate": True,
                "grpc_port": 0,
                "stop_grace_s": 1.0,
                **values,
            }
        )

    def run(
        self, settings_class: type[S], build: Build[S], migrations: Path, **values: Any
    ) -> AbstractAsyncContextManager[RunningService[S]]:
        """Run a service for the length of an ``async with`` block; its address is ``service.target``."""
        return running_service(self.settings(settings_class, **values), build, migrations)
