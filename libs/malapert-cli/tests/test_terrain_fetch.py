"""Fetching terrain from a server on loopback: going on after a break, checks, refusals, registering."""

import contextlib
import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from malapert_cli.__main__ import app
from malapert_cli.terrain.download import DownloadError, ExpectedFile, RetryPolicy, download
from malapert_cli.terrain.products import BASE_URLS, PRODUCTS, ProductKind, UnknownProductError, product_named
from malapert_http_models.contracts.landing_site import Terrain
from malapert_testing.example_messages import example_of
from typer.testing import CliRunner

CONTENT = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ANY = ExpectedFile()
QUICK = RetryPolicy(attempts=4, pause_s=0.001)


@dataclass
class Archive:
    """What the server has, how it fails, and what it was asked."""

    files: dict[str, bytes]
    url: str = ""
    etag: str = '"one"'
    break_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    stated_length: int | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    posted: list[tuple[str, bytes]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    archive: Archive

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        archive = self.archive
        archive.asked.append((self.path, self.headers.get("Range")))
        status = archive.statuses.pop(0) if archive.statuses else 200
        name = self.path.rpartition("/")[2]
        if status != 200 or name not in archive.files:
            self.send_response(status if status != 200 else 404)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content, start = archive.files[name], 0
        if self.headers.get("Range") and self.headers.get("If-Range") == archive.etag:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", archive.etag)
        self.send_header("Content-Length", str(archive.stated_length or len(content) - start))
        self.end_headers()
        end = archive.break_after.pop(0) if archive.break_after else len(content)
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content[start:end])
        if end < len(content):
            self.connection.close()

    def do_POST(self) -> None:
        body = b""
        while (size := int(self.rfile.readline(), 16)) > 0:
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        self.archive.posted.append((self.path, body))
        answer = json.dumps(example_of(Terrain, {"terrain_id": "terrain-1"})).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    known = Archive({"a.tif": CONTENT})
    handler = type("ThisHandler", (Handler,), {"archive": known})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    known.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield known
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(
    archive: Archive, target: Path, expected: ExpectedFile = ANY, name: str = "a.tif"
) -> list[tuple[int, int | None]]:
    seen: list[tuple[int, int | None]] = []
    with httpx.Client() as client:
        found = download(
            client, f"{archive.url}/{name}", target, expected, lambda *state: seen.append(state), retry_policy=QUICK
        )
    assert found == target
    return seen


def test_a_file_comes_whole_and_is_not_asked_for_again(archive: Archive, tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.tif"
    seen = fetch(archive, target, ExpectedFile(len(CONTENT), SHA256))
    assert target.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in target.parent.iterdir()] == ["a.tif"]
    assert fetch(archive, target, ExpectedFile(len(CONTENT), SHA256)) == []
    assert len(archive.asked) == 1


def test_a_transfer_goes_on_where_it_broke_off(archive: Archive, tmp_path: Path) -> None:
    archive.break_after = [300_000, 700_001]
    fetch(archive, tmp_path / "a.tif", ExpectedFile(len(CONTENT), SHA256))
    assert (tmp_path / "a.tif").read_bytes() == CONTENT
    asked = [asked_range for _, asked_range in archive.asked]
    assert asked == [None, "bytes=300000-", "bytes=700001-"]


def test_a_later_call_goes_on_and_what_came_is_kept(archive: Archive, tmp_path: Path) -> None:
    archive.break_after = [100_000, 100_000, 100_000, 100_000]
    with pytest.raises(DownloadError, match=r"broke off 4 times.*a\.tif\.part"):
        fetch(archive, tmp_path / "a.tif")
    assert (tmp_path / "a.tif.part").read_bytes() == CONTENT[:100_000]
    assert not (tmp_path / "a.tif").exists()
    archive.asked.clear()
    fetch(archive, tmp_path / "a.tif", ExpectedFile(sha256=SHA256))
    assert archive.asked == [("/a.tif", "bytes=100000-")]


def test_a_file_that_changed_meanwhile_is_fetched_anew(archive: Archive, tmp_path: Path) -> None:
    archive.break_after = [100_000] * 4
    with pytest.raises(DownloadError):
        fetch(archive, tmp_path / "a.tif")
    archive.files["a.tif"], archive.etag = CONTENT[::-1], '"two"'
    fetch(archive, tmp_path / "a.tif")
    assert (tmp_path / "a.tif").read_bytes() == CONTENT[::-1]


def test_a_busy_server_is_asked_again(archive: Archive, tmp_path: Path) -> None:
    archive.statuses = [503, 429]
    fetch(archive, tmp_path / "a.tif", ExpectedFile(sha256=SHA256))
    assert len(archive.asked) == 3


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "the server answered 404"), (403, "403"), (302, "has moved to http://127.0.0.1:9/elsewhere")],
)
def test_a_refusal_is_told_at_once(archive: Archive, tmp_path: Path, status: int, said: str) -> None:
    archive.statuses = [status]
    with pytest.raises(DownloadError, match=said):
        fetch(archive, tmp_path / "a.tif")
    assert len(archive.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_another_size_is_refused_before_a_byte_is_kept(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=f"has {len(CONTENT)} bytes on the server, but 77 are known"):
        fetch(archive, tmp_path / "a.tif", ExpectedFile(77))
    assert list(tmp_path.iterdir()) == []


def test_a_length_that_does_not_hold_is_no_success(archive: Archive, tmp_path: Path) -> None:
    archive.stated_length = len(CONTENT) + 10
    archive.break_after = [len(CONTENT) - 1] * 4
    with pytest.raises(DownloadError, match="broke off"):
        fetch(archive, tmp_path / "a.tif")
    assert not (tmp_path / "a.tif").exists()


def test_another_content_is_refused_and_not_kept(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=f"sha256 {SHA256}"):
        fetch(archive, tmp_path / "a.tif", ExpectedFile(len(CONTENT), "0" * 64))
    assert not (tmp_path / "a.tif").exists()
    assert not (tmp_path / "a.tif.part").exists()
    (tmp_path / "a.tif").write_bytes(b"not it")
    with pytest.raises(DownloadError, match="has 6 bytes"):
        fetch(archive, tmp_path / "a.tif", ExpectedFile(len(CONTENT), SHA256))
    assert (tmp_path / "a.tif").read_bytes() == b"not it"


def test_a_proxy_of_the_environment_is_used(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the archive is never looked up: the proxy on loopback is asked for the whole address."""
    monkeypatch.setenv("HTTP_PROXY", archive.url)
    with httpx.Client() as client:
        download(client, "http://archive.invalid/a.tif", tmp_path / "a.tif", ExpectedFile(), lambda *_: None, QUICK)
    assert archive.asked == [("http://archive.invalid/a.tif", None)]


def test_the_catalogue_is_sound() -> None:
    assert {product.archive for product in PRODUCTS.values()} == set(BASE_URLS)
    urls = [url for product in PRODUCTS.values() for url in product.urls(None)]
    assert len(urls) == len(set(urls))
    for product in PRODUCTS.values():
        assert product.pixel_size_m > 0.0
        assert len(product.files) == (2 if product.archive == "pds" else 1)
        for file in product.files:
            assert file.expected.sha256 is None or len(bytes.fromhex(file.expected.sha256)) == 32
        if product.archive == "pds" and product.side_px and product.size_bytes:
            # 16-bit numbers and nothing else.
            assert product.size_bytes == 2 * product.side_px**2


def test_products_are_found_by_their_names() -> None:
    site = product_named("site01")
    assert site.urls(None) == [f"{BASE_URLS['pgda']}/LOLA_5mpp/Site01/Site01_final_adj_5mpp_surf.tif"]
    assert product_named("Site20") is not product_named("Site20v2")
    image, label = product_named("LDEM_80S_20M").urls("http://127.0.0.1:1/mirror/")
    assert image == "http://127.0.0.1:1/mirror/data/lola_gdr/polar/img/ldem_80s_20m.img"
    assert label.endswith("/ldem_80s_20m.lbl")
    assert product_named("ldem_80s_80m_jp2").urls(None)[1].endswith("/ldem_80s_80m_jp2.lbl")
    with pytest.raises(UnknownProductError, match="none begins so"):
        product_named("MOLA")
    with pytest.raises(UnknownProductError, match="it may be LDEM_80S"):
        product_named("LDEM_80S")


def test_the_command_lists_products_and_names_an_unknown_one(archive: Archive, tmp_path: Path) -> None:
    listed = CliRunner().invoke(app, ["terrain", "fetch"])
    assert listed.exit_code == 0
    for name in ("LDEM_80S_20M", "LDEM_875S_5M", "SITE01_FINAL_ADJ_5MPP_SURF", "AVGVISIB_85S_060M_201608"):
        assert name in listed.output
    unknown = CliRunner().invoke(app, ["terrain", "fetch", "MOLA", "--out", str(tmp_path)])
    assert (unknown.exit_code, "no product is named 'MOLA'" in unknown.output) == (1, True)
    assert archive.asked == []


def test_the_command_fetches_and_registers_an_image_with_its_label(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = product_named("LDEM_80S_80M_JP2")
    files = tuple(replace(file, expected=ExpectedFile()) for file in known.files)
    monkeypatch.setitem(PRODUCTS, known.name, replace(known, files=files))
    archive.files = {"ldem_80s_80m.jp2": CONTENT, "ldem_80s_80m_jp2.lbl": b"PDS_VERSION_ID = PDS3"}
    arguments = ["terrain", "fetch", known.name, "--out", str(tmp_path), "--base-url", f"{archive.url}/mirror"]
    done = CliRunner().invoke(app, [*arguments, "--register", "--url", archive.url, "--key", "k"])
    assert done.exit_code == 0, done.output
    assert "registered LDEM_80S_80M_JP2 as terrain-1" in done.output
    assert [path for path, _ in archive.asked] == [f"/mirror/{file.path}" for file in files]
    ((path, body),) = archive.posted
    assert path.startswith("/api/v1/terrains?title=LDEM_80S_80M_JP2")
    (tmp_path / "posted.zip").write_bytes(body)
    with zipfile.ZipFile(tmp_path / "posted.zip") as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == archive.files
    assert sorted(path.name for path in tmp_path.glob("ldem*")) == sorted(archive.files)


def test_light_is_fetched_and_not_registered(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = product_named("LPSR_85S_060M")
    assert known.kind is ProductKind.PERMANENT_SHADOW
    files = tuple(replace(file, expected=ExpectedFile()) for file in known.files)
    monkeypatch.setitem(PRODUCTS, known.name, replace(known, files=files))
    archive.files = {files[0].name: CONTENT}
    monkeypatch.setenv("MALAPERT_TERRAIN_URL", archive.url)
    done = CliRunner().invoke(
        app, ["terrain", "fetch", known.name, "--out", str(tmp_path), "--register", "--url", archive.url, "--key", "k"]
    )
    assert (done.exit_code, "is no terrain" in done.output) == (0, True)
    assert archive.posted == []


def test_a_failed_fetch_ends_the_command_with_the_reason(archive: Archive, tmp_path: Path) -> None:
    arguments = ["terrain", "fetch", "Site01", "--out", str(tmp_path), "--base-url", archive.url]
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, "the server answered 404" in done.output) == (1, True)
