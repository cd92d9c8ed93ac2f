"""The HTTP API by TLS: with its certificate alone, and not in the clear."""

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest
from gateway_platform import open_platform
from malapert_core.errors import PreconditionError
from malapert_gateway.__main__ import GatewayServer, is_healthy, serve
from malapert_gateway.config import GatewaySettings
from malapert_testing.certificates import certificates_in, make_certificates
from malapert_testing.services import ServiceLauncher
from pydantic import ValidationError


@pytest.mark.asyncio
async def test_the_api_is_served_by_tls_alone_where_it_has_a_certificate(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    own = certificates_in(make_certificates(tmp_path / "tls"), "gateway")
    files = {"http_certificate_file": own.certificate, "http_key_file": own.key}
    async with open_platform(sqlite_service_runtime, tmp_path / "keys.json", **files) as platform:
        settings = platform.runtime.settings
        settings.http_port = 0
        server = GatewayServer(platform.app, settings)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        settings.http_port = server.servers[0].sockets[0].getsockname()[1]
        trusted = ssl.create_default_context(cafile=own.authority)
        url = f"https://localhost:{settings.http_port}"
        async with httpx.AsyncClient(base_url=url, verify=trusted, timeout=20) as http:
            assert (await http.get("/healthz")).status_code == 200
            assert (await http.get("/api/v1/missions", headers=platform.bearer())).status_code == 200
        assert await asyncio.to_thread(is_healthy, settings)
        async with httpx.AsyncClient() as stranger:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await stranger.get(f"{url}/healthz")
            with pytest.raises(httpx.HTTPError):
                await stranger.get(f"http://localhost:{settings.http_port}/healthz")
        server.should_exit = True
        await serving
        assert not await asyncio.to_thread(is_healthy, settings)


@pytest.mark.asyncio
async def test_a_certificate_that_cannot_be_used_is_named_at_the_start(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    folder = make_certificates(tmp_path / "tls")
    with pytest.raises(ValidationError, match="are set together"):
        sqlite_service_runtime.settings(GatewaySettings, http_key_file=folder / "gateway-key.pem")
    files = {"http_certificate_file": folder / "gateway.pem", "http_key_file": folder / "nats-key.pem"}
    with pytest.raises(PreconditionError, match="NO_CERTIFICATE") as told:
        await serve(sqlite_service_runtime.settings(GatewaySettings, **files))
    assert str(folder / "gateway.pem") in told.value.message
