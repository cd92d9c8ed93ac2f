"""The command line of a service: ``python -m malapert_<service>``."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic_settings import BaseSettings

from malapert_core.config import ServiceSettings
from malapert_core.errors import PreconditionError
from malapert_core.host_verbs import HOST_VERBS, add_host_verbs, run_host_verb
from malapert_core.logging import configure_logging
from malapert_core.retention.rules import RetentionRule
from malapert_core.rpc.health import LIVENESS, answers_serving
from malapert_core.service import Build, run_until_stopped, running_service

S = TypeVar("S", bound=ServiceSettings)


def cli_main(
    settings_class: type[S],
    build: Build[S],
    migrations: Path,
    arguments: Sequence[str] | None = None,
    *,
    work: Callable[[], Coroutine[Any, Any, None]] | None = None,
    retention: Callable[[S], Sequence[RetentionRule]] = lambda _settings: (),
) -> None:
    """Be ``python -m malapert_<service> serve|health|live``, `HOST_VERBS`, and ``worker`` where work is given away.

    Health ends with 0 where the process here serves, be it the service or a worker, with its database and the broker;
    live ends with 0 where it lives, whatever else is away.
    """
    parser = argparse.ArgumentParser(prog=f"malapert_{settings_class.service_name}")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in ("serve", "health", "live", *(["worker"] if work else [])):
        verbs.add_parser(name)
    add_host_verbs(verbs)
    parsed = parser.parse_args(arguments)
    if parsed.verb in ("health", "live"):
        target, service = f"127.0.0.1:{_health_port(settings_class)}", LIVENESS if parsed.verb == "live" else ""
        sys.exit(0 if asyncio.run(answers_serving(target, service)) else 1)
    try:
        if parsed.verb == "worker" and work is not None:
            asyncio.run(work())
            return
        settings = settings_class()
        configure_logging(settings)
        if parsed.verb in HOST_VERBS:
            asyncio.run(run_host_verb(parsed, settings, migrations, retention(settings)))
        else:
            asyncio.run(run_until_stopped(running_service(settings, build, migrations)))
    except PreconditionError as error:
        sys.exit(f"{error.reason}: {error.message}")


def _health_port(settings_class: type[ServiceSettings]) -> int:
    """Return the port alone: who asks for health need not hold the service's secrets."""
    prefix = settings_class.model_config.get("env_prefix", "")
    ports = _Ports(_env_prefix=prefix)
    if ports.tls_certificate_file and not ports.health_port:
        sys.exit(f"set {prefix}HEALTH_PORT: health at the port of calls is for those with a certificate alone")
    return ports.health_port or ports.grpc_port or int(settings_class.model_fields["grpc_port"].default)


class _Ports(BaseSettings):
    grpc_port: int = 0
    health_port: int = 0
    tls_certificate_file: str = ""
