"""The embedded platform keeps its secrets to itself and listens on loopback alone."""

import json
import socket
from pathlib import Path

import pytest
from malapert_cli.embedded import SERVICES, EmbeddedError, PortTakenError, plan_embedded
from malapert_client.connection import NoKeyError, find_connection
from malapert_core.events.rights import USERS
from malapert_core.policy.tokens import read_private_key, read_public_keys


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_secrets_are_private_and_kept(tmp_path):
    plan_embedded(tmp_path, _free_port())
    secrets = {path: path.read_text() for path in (tmp_path / "nats-users").iterdir()}
    assert {path.stem for path in secrets} == set(USERS)
    assert len(set(secrets.values())) == len(USERS)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (*secrets, tmp_path / "nats.conf", tmp_path / "nats-users"))
    plan_embedded(tmp_path, _free_port())
    assert all(path.read_text() == kept for path, kept in secrets.items())


def test_each_service_has_a_key_of_its_own_and_the_public_ones_of_all(tmp_path):
    spec_of = {spec.name: spec for spec in plan_embedded(tmp_path, _free_port()).processes}
    thumbprints = {}
    for name in ("gateway", *SERVICES):
        environment = spec_of[name].environment
        path = Path(environment[f"MALAPERT_{name.upper()}_IDENTITY_KEY_FILE"])
        assert path.stat().st_mode & 0o077 == 0
        thumbprints[name] = read_private_key(path).thumbprint()
        public = read_public_keys(Path(environment[f"MALAPERT_{name.upper()}_IDENTITY_KEYS_DIR"]))
        assert {each.service_name for each in public} == {"gateway", *SERVICES}
    assert {each.service_name: each.key.thumbprint() for each in public} == thumbprints
    plan_embedded(tmp_path, _free_port())
    assert read_private_key(path).thumbprint() == thumbprints[name]
    path.write_text("spoilt")
    with pytest.raises(EmbeddedError, match=path.name):
        plan_embedded(tmp_path, _free_port())


def test_everything_listens_on_loopback(tmp_path):
    embedded = plan_embedded(tmp_path, _free_port())
    assert json.loads((tmp_path / "nats.conf").read_text())["host"] == "127.0.0.1"
    targets = [
        value for spec in embedded.processes for key, value in spec.environment.items() if key.endswith("_TARGET")
    ]
    assert targets
    assert all(target.startswith("127.0.0.1:") for target in targets)
    assert embedded.url.startswith("http://127.0.0.1:")


def test_workers_know_the_broker_and_no_secret_of_the_services(tmp_path):
    embedded = plan_embedded(tmp_path, _free_port(), workers=2)
    workers = [spec for spec in embedded.processes if spec.name.startswith("worker-")]
    assert [spec.name for spec in workers] == ["worker-1", "worker-2"]
    assert {spec.environment["MALAPERT_PLANNER_METRICS_PORT"] for spec in workers} == {"0"}
    for spec in workers:
        assert spec.command[-1] == "worker"
        names = ("NATS_URL", "LOG_FORMAT", "GRPC_PORT", "METRICS_PORT")
        assert set(spec.environment) == {f"MALAPERT_PLANNER_{name}" for name in names}


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTakenError, match=str(taken.getsockname()[1])):
            plan_embedded(tmp_path, taken.getsockname()[1])


def test_key_is_taken_by_agency_and_role(tmp_path, monkeypatch):
    keys = [
        {"agency_id": "JAXA", "role": "PLANNER", "key": "k1"},
        {"agency_id": "ISRO", "role": "PLANNER", "key": "k2"},
    ]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": keys}))
    monkeypatch.setenv("MALAPERT_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.delenv("MALAPERT_KEY", raising=False)
    assert find_connection(None, None, "ISRO", "PLANNER").key == "k2"
    with pytest.raises(NoKeyError, match="JAXA:PLANNER, ISRO:PLANNER"):
        find_connection(None, None, "ESA", "PLANNER")
