"""The guide is served with nothing from elsewhere; without it the gateway says how it is built."""

import httpx
import pytest
from fastapi import FastAPI
from malapert_gateway import guide


def client_of(built):
    app = FastAPI()
    guide.install(app, built)
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway.test", follow_redirects=True)


@pytest.mark.asyncio
async def test_the_guide_is_served_under_its_policy(tmp_path):
    (tmp_path / "index.html").write_text("<h1>Malapert</h1>")
    async with client_of(tmp_path) as client:
        page = await client.get("/guide")
        assert page.url.path == "/guide/index.html"
        assert "Malapert" in page.text
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert (await client.get("/guide/%2e%2e/secret")).status_code == 404
        assert (await client.get("/guide/absent.html")).status_code == 404


@pytest.mark.asyncio
async def test_a_guide_that_was_not_built_says_how(tmp_path):
    async with client_of(tmp_path / "absent") as client:
        assert "make docs" in (await client.get("/guide")).text
