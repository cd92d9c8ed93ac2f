"""`python -m malapert_gateway serve | migrate | health | openapi | admin`."""

import argparse
import asyncio
import json
import signal
import socket
import ssl
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI
from malapert_core.errors import PreconditionError
from malapert_core.host_verbs import HOST_VERBS, add_host_verbs, run_host_verb
from malapert_core.logging import configure_logging
from malapert_core.loop_watch import let_loop_in, spare_what_is_loaded

from malapert_gateway import admin
from malapert_gateway.app import create_app, running_app
from malapert_gateway.config import GatewaySettings
from malapert_gateway.connections import bounded_connections, end_stalled
from malapert_gateway.factory import MIGRATIONS, retention

HEALTH_TIMEOUT_S = 3.0
KEPT_OPEN_S = 30
"""How long an idle connection is kept, seconds: longer than clients trust one (httpx 5 s), or a call meets its end."""


class GatewayServer(uvicorn.Server):
    """A server whose streams of events end before it waits for open calls."""

    def __init__(self, app: FastAPI, settings: GatewaySettings) -> None:
        config = uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            http=bounded_connections(settings),
            # Without a trusted proxy the peer's own address counts, whatever a header says.
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=settings.proxies,
            ssl_certfile=settings.http_certificate_file,
            ssl_keyfile=settings.http_key_file,
            timeout_keep_alive=KEPT_OPEN_S,
            timeout_graceful_shutdown=max(1, round(settings.stop_grace_s)),
        )
        super().__init__(config)
        self._stopping: asyncio.Event = app.state.gateway.stopping

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the caller."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """End connections whose callers do not go on, each second."""
        if counter % 10 == 0:
            end_stalled(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, finish calls in flight, then close."""
        self._stopping.set()
        await super().shutdown(sockets)


async def serve(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises
    ------
    PreconditionError
        ``NO_CERTIFICATE`` where that of the HTTP API cannot be used, and what `running_app` raises.
    """
    _check_certificate(settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    opened = asyncio.Event()

    async def run() -> None:
        async with running_app(settings) as app:
            spare_what_is_loaded()
            let_loop_in()
            opened.set()
            await _serve_until(stop, GatewayServer(app, settings))

    running = asyncio.create_task(run())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not opened.is_set():
        # It may still be waiting for its database or the broker, which may never come.
        running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def _check_certificate(settings: GatewaySettings) -> None:
    certificate, key = settings.http_certificate_file, settings.http_key_file
    if certificate is None:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise PreconditionError("NO_CERTIFICATE", f"{certificate} with the key {key}: {error}") from error


async def _serve_until(stop: asyncio.Event, server: GatewayServer) -> None:
    serving = asyncio.create_task(server.serve())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    server.should_exit = True
    await serving


def is_healthy(settings: GatewaySettings) -> bool:
    """Return whether the gateway on this host answers, with its own certificate where it has one."""
    certificate = settings.http_certificate_file
    scheme = "http" if certificate is None else "https"
    try:
        verify = True if certificate is None else _own_certificate(certificate)
        url = f"{scheme}://127.0.0.1:{settings.http_port}/healthz"
        return httpx.get(url, timeout=HEALTH_TIMEOUT_S, verify=verify).is_success
    except (httpx.HTTPError, OSError):
        return False


def _own_certificate(certificate: Path) -> ssl.SSLContext:
    """Return what trusts one certificate alone, whoever signed it and whatever host it names."""
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the verb of the command line."""
    parser = argparse.ArgumentParser(prog="malapert_gateway")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in ("serve", "health", "openapi"):
        verbs.add_parser(name)
    add_host_verbs(verbs)
    admin.add_arguments(verbs.add_parser("admin", help="keys and agencies, on this host, without any key"))
    parsed = parser.parse_args(arguments)
    verb = parsed.verb
    if verb == "openapi":
        json.dump(create_app().openapi(), sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    settings = GatewaySettings()
    if verb == "health":
        sys.exit(0 if is_healthy(settings) else 1)
    configure_logging(settings)
    if verb == "admin":
        admin.run(parsed, settings)
        return
    try:
        if verb in HOST_VERBS:
            asyncio.run(run_host_verb(parsed, settings, MIGRATIONS, retention(settings)))
        else:
            asyncio.run(serve(settings))
    except PreconditionError as error:
        sys.exit(f"{error.reason}: {error.message}")


if __name__ == "__main__":
    main()
