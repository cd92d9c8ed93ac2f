"""Parts of a platform know each other by certificate: between services, and with the broker."""

import asyncio
import gc
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.client import HTTPException
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from malapert.planner.v1 import charter_pb2, charter_pb2_grpc
from malapert_core import telemetry as telemetry_module
from malapert_core.errors import InternalError, PreconditionError, UnavailableError
from malapert_core.events.broker import connect_nats
from malapert_core.policy.identity import service_identity
from malapert_core.rpc.certificates import Certificates, certificates_of
from malapert_core.rpc.client import open_channel
from malapert_core.rpc.health import answers_serving
from malapert_core.telemetry import MOST_METRICS_CONNECTIONS, Telemetry
from malapert_testing.certificates import certificates_in, make_certificates, tls_settings
from malapert_testing.charters import CharterBook
from malapert_testing.identities import service_tokens
from malapert_testing.nats_server import NatsServer, free_port
from malapert_testing.services import ServiceLauncher
from pydantic import ValidationError
from sample_service.factory import MIGRATIONS, SampleSettings, build

CHARTERS = "malapert.planner.v1.CharterService"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the certificates of this module's platform are."""
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where certificates of another installation are."""
    return make_certificates(tmp_path_factory.mktemp("foreign"))


@asynccontextmanager
async def planner(target: str, certificates: Certificates | None) -> AsyncIterator[grpc.aio.Channel]:
    """Yield a channel to the planner at a target."""
    async with open_channel(
        target,
        tokens=service_tokens("payload"),
        audience="planner",
        service_identity=service_identity("payload"),
        services=[CHARTERS],
        default_timeout_s=3.0,
        certificates=certificates,
    ) as channel:
        yield channel


async def ask(channel: grpc.aio.Channel) -> str:
    """Return the mission of the charter that the planner tells."""
    request = charter_pb2.GetCharterRequest(mission_id="m")
    answer = await charter_pb2_grpc.CharterServiceStub(channel).GetCharter(request)
    return answer.charter.mission_id


@pytest.mark.asyncio
async def test_a_call_is_served_between_parts_of_one_installation_alone(folder: Path, foreign: Path) -> None:
    async with CharterBook().served(certificates_in(folder, "planner")) as target:
        async with planner(target, certificates_in(folder, "payload")) as channel:
            assert await ask(channel) == "m"
        own = certificates_in(folder, "payload")
        other = certificates_in(foreign, "payload")
        unknown_caller = Certificates(other.certificate, other.key, own.authority)
        unknown_planner = Certificates(own.certificate, own.key, other.authority)
        for certificates in (None, unknown_caller, unknown_planner):
            async with planner(target, certificates) as channel:
                with pytest.raises(UnavailableError):
                    await ask(channel)


@pytest.mark.asyncio
async def test_another_part_under_the_planner_s_address_is_not_the_planner(folder: Path) -> None:
    async with (
        CharterBook().served(certificates_in(folder, "landing-site")) as target,
        planner(target, certificates_in(folder, "payload")) as channel,
    ):
        with pytest.raises(UnavailableError):
            await ask(channel)


@pytest.mark.asyncio
async def test_a_caller_with_certificates_says_nothing_in_the_clear(folder: Path) -> None:
    book = CharterBook()
    async with book.served() as target, planner(target, certificates_in(folder, "payload")) as channel:
        with pytest.raises(UnavailableError):
            await ask(channel)
    assert not book.charter_calls


@pytest.fixture
def tls_broker(folder: Path, tmp_path: Path) -> Iterator[NatsServer]:
    """Run a broker that serves those with a certificate alone."""
    own = certificates_in(folder, "nats")
    configuration = tmp_path / "nats.conf"
    configuration.write_text(
        f'tls {{ cert_file: "{own.certificate}", key_file: "{own.key}", ca_file: "{own.authority}", '
        "verify: true, handshake_first: true }"
    )
    server = NatsServer(tmp_path / "nats", configuration)
    server.start()
    yield server
    server.stop()


@pytest.mark.asyncio
async def test_a_service_runs_on_a_broker_that_is_encrypted_and_answers_probes_in_the_clear(
    folder: Path, tls_broker: NatsServer, sqlite_url: str, tmp_path: Path
) -> None:
    launcher = ServiceLauncher(tls_broker.url, sqlite_url, tmp_path / "data")
    port = free_port()
    tls = tls_settings(folder, "payload")
    async with launcher.run(SampleSettings, build, MIGRATIONS, **tls, health_port=port) as service:
        assert await answers_serving(f"127.0.0.1:{port}")
        assert not await answers_serving(service.target)
        # Health alone: no call is served without a certificate.
        async with planner(f"127.0.0.1:{port}", None) as channel:
            with pytest.raises(InternalError) as refused:
                await ask(channel)
            assert refused.value.metadata == {"code": "UNIMPLEMENTED"}


def test_metrics_are_told_to_parts_of_the_installation_alone(folder: Path, foreign: Path) -> None:
    port, own = free_port(), certificates_in(folder, "planner")

    def told(scheme: str = "https", shown: Certificates | None = None) -> bytes:
        context = ssl.create_default_context(cafile=folder / "ca.pem")
        context.check_hostname = False  # It is the name of a part, not of this host.
        if shown is not None:
            context.load_cert_chain(shown.certificate, shown.key)
        address = f"{scheme}://localhost:{port}/metrics"
        with urllib.request.urlopen(address, context=context, timeout=5) as answer:
            found: bytes = answer.read()
        return found

    telemetry = Telemetry("test", metrics_port=port, metrics_certificates=certificates_in(folder, "payload"))
    try:
        # Who connects and says nothing holds nobody.
        with socket.create_connection(("127.0.0.1", port)):
            assert b"# HELP" in told(shown=own)
        for refused in (None, certificates_in(foreign, "planner")):
            with pytest.raises(OSError, match=r"alert|EOF|reset|closed"):
                told(shown=refused)
        with pytest.raises((OSError, HTTPException)):
            told("http")
        assert b"# HELP" in told(shown=own)
    finally:
        telemetry.close()


@pytest.mark.slow
def test_silent_connections_to_metrics_are_bounded_and_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry_module, "METRICS_SILENCE_S", 1.0)
    for certificates in (None, certificates_in(folder, "payload")):
        port, threads = free_port(), threading.active_count()
        served = Telemetry("test", metrics_port=port, metrics_certificates=certificates)
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(MOST_METRICS_CONNECTIONS + 20)]
        try:
            for connection in silent:
                connection.settimeout(30)
                # Whoever finds no room is let go at once, the others once they have said nothing for a while.
                assert connection.recv(1) == b""
                assert threading.active_count() <= threads + 1 + MOST_METRICS_CONNECTIONS
        finally:
            for connection in silent:
                connection.close()
            served.close()


def test_metrics_are_encrypted_by_the_process_s_own_certificate(folder: Path, tmp_path: Path) -> None:
    identity = {"identity_key_file": tmp_path, "identity_keys_dir": tmp_path}
    with pytest.raises(ValidationError, match="metrics_tls needs"):
        SampleSettings(metrics_tls=True, **identity)
    assert SampleSettings(metrics_tls=True, **identity, **tls_settings(folder, "payload")).metrics_host == ""


# The driver leaves the stream of a handshake that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.asyncio
@pytest.mark.parametrize("shown", ["none", "foreign", "to a broker in the clear"])
async def test_without_a_certificate_nobody_is_on_the_broker(
    shown: str, folder: Path, foreign: Path, tls_broker: NatsServer, own_nats_server: NatsServer
) -> None:
    own = certificates_in(folder, "payload")
    context = None if shown == "none" else own.broker_context()
    if shown == "foreign":
        other = certificates_in(foreign, "payload")
        context = Certificates(other.certificate, other.key, own.authority).broker_context()
    url = own_nats_server.url if shown.startswith("to a broker") else tls_broker.url
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await connect_nats(url, name="test", tls=context, reconnect_wait_s=1.0)
    gc.collect()


def test_what_cannot_be_used_is_named_at_the_start(folder: Path, tmp_path: Path) -> None:
    launcher = ServiceLauncher("", "sqlite+aiosqlite://", tmp_path)
    with pytest.raises(ValidationError, match="are set together"):
        launcher.settings(SampleSettings, tls_key_file=folder / "payload-key.pem")
    assert certificates_of(launcher.settings(SampleSettings)) is None
    good = tls_settings(folder, "payload")
    empty = tmp_path / "empty.pem"
    empty.touch()
    for name, wrong in (
        ("tls_key_file", folder / "planner-key.pem"),
        ("tls_certificate_file", tmp_path / "nowhere.pem"),
        ("tls_authority_file", empty),
    ):
        settings = launcher.settings(SampleSettings, **{**good, name: wrong})
        with pytest.raises(PreconditionError, match="NO_CERTIFICATE") as told:
            certificates_of(settings)
        assert str(wrong) in told.value.message


def test_the_verb_health_says_where_it_cannot_ask(folder: Path) -> None:
    environment = {"MALAPERT_PAYLOAD_TLS_CERTIFICATE_FILE": str(folder / "payload.pem")}
    command = [sys.executable, "-m", "malapert_payload", "health"]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "set MALAPERT_PAYLOAD_HEALTH_PORT" in told.stderr


def test_certificates_are_kept_and_replaced_with_their_authority(tmp_path: Path) -> None:
    folder = make_certificates(tmp_path / "tls")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    make_certificates(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (folder / "ca.pem").unlink()
    make_certificates(folder)
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert after.keys() == before.keys()
    assert not {name for name in after if after[name] == before[name]}
    certificates_in(folder, "solver").broker_context()
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "ca-key.pem").stat().st_mode & 0o077 == 0


def test_keys_are_their_owners_alone_whoever_made_the_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert make_certificates(tmp_path).stat().st_mode & 0o077 == 0


def test_an_authority_whose_key_is_kept_elsewhere_is_not_replaced(tmp_path: Path) -> None:
    folder = make_certificates(tmp_path / "tls")
    key = (folder / "ca-key.pem").rename(tmp_path / "ca-key.pem")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    make_certificates(folder)
    (folder / "nats.pem").unlink()
    with pytest.raises(subprocess.CalledProcessError) as raised:
        make_certificates(folder)
    assert b"ca-key.pem is not there" in raised.value.stderr
    del before["nats.pem"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    key.rename(folder / "ca-key.pem")
    make_certificates(folder)
    assert (folder / "ca.pem").read_bytes() == before["ca.pem"]
    certificates_in(folder, "nats").broker_context()


def names_of(certificate: Path) -> set[str]:
    found = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions
    names = found.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(each.value) for each in names}


def test_further_names_are_added_later_and_stay(tmp_path: Path) -> None:
    folder = make_certificates(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    make_certificates(folder, "moon.example", "203.0.113.7", "2001:db8::7")
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    servers = ("gateway", "nats", "postgres")
    changed = {f"{name}{end}" for name in servers for end in (".pem", "-key.pem")}
    assert {name for name in after if after[name] != before[name]} == changed
    make_certificates(folder, "2001:db8:0::7")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == after
    make_certificates(folder, "other.example")
    usual = {"gateway", "malapert-gateway", "localhost", "127.0.0.1"}
    further = {"moon.example", "203.0.113.7", "2001:db8::7", "other.example"}
    assert names_of(folder / "gateway.pem") == usual | further
    assert names_of(folder / "solver.pem") == {"solver", "malapert-solver"}
    certificates_in(folder, "gateway").broker_context()
