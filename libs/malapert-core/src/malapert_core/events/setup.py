"""Keeper of the platform's streams: makes them, and makes them again where the broker has lost its files.

``python -m malapert_core.events.setup``, with the broker's address in ``MALAPERT_BROKER_SETUP_NATS_URL``.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from malapert_core.background import background
from malapert_core.config import ProcessSettings
from malapert_core.errors import PreconditionError
from malapert_core.events.broker import keep_streams, open_broker
from malapert_core.logging import configure_logging
from malapert_core.service import run_until_stopped


class SetupSettings(ProcessSettings):
    """Settings of the keeper."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_BROKER_SETUP_")
    service_name: ClassVar[str] = "broker-setup"


@asynccontextmanager
async def kept_streams(settings: SetupSettings) -> AsyncIterator[None]:
    """Keep the streams of the platform for the length of a block."""
    async with open_broker(settings) as connection, background(keep_streams(connection)):
        yield


def main() -> None:
    """Keep the streams until SIGTERM."""
    settings = SetupSettings()
    configure_logging(settings)
    try:
        asyncio.run(run_until_stopped(kept_streams(settings)))
    except PreconditionError as error:
        sys.exit(f"{error.reason}: {error.message}")


if __name__ == "__main__":
    main()
