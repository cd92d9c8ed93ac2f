"""Where the address and the key come from."""

import json
import os
from pathlib import Path

import pytest
from malapert_client.connection import AddressError, Connection, NoKeyError, find_connection
from malapert_client.errors import ConfigurationError

KEYS = {
    "keys": [{"agency_id": "JAXA", "role": "PLANNER", "key": "j"}, {"agency_id": "ESA", "role": "APPROVER", "key": "e"}]
}


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    for name in ("URL", "KEY", "KEYS_FILE", "PROFILE", "CONFIG"):
        monkeypatch.delenv(f"MALAPERT_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def configure(text, mode=0o600):
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "malapert" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def test_the_order_in_which_they_count(tmp_path, monkeypatch):
    configure('[profiles.default]\nurl = "http://configured.test"\nkey = "c"\n')
    assert find_connection() == Connection("http://configured.test", "c")
    monkeypatch.setenv("MALAPERT_URL", "http://environment.test")
    monkeypatch.setenv("MALAPERT_KEY", "v")
    assert find_connection() == Connection("http://environment.test", "v")
    assert find_connection("http://given.test/", "g") == Connection("http://given.test", "g")
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(KEYS))
    assert find_connection(keys_file=keys, agency_id="ESA", role="APPROVER").key == "e"


def test_a_profile_names_agency_and_role(tmp_path, monkeypatch):
    (tmp_path / "keys.json").write_text(json.dumps(KEYS))
    configure(f'[profiles.esa]\nkeys_file = "{tmp_path}/keys.json"\nagency = "ESA"\nrole = "APPROVER"\n')
    assert find_connection(profile="esa").key == "e"
    monkeypatch.setenv("MALAPERT_PROFILE", "nasa")
    with pytest.raises(ConfigurationError, match="has no profile 'nasa'; it has esa"):
        find_connection()


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        ('[profiles.default]\nkey = "c"\n', 0o644, "may be read by others"),
        ("[profiles.default\n", 0o600, "is no TOML"),
        ("key = 'c'\n", 0o600, r"tables \[profiles.NAME\] alone"),
        ("[profiles.default]\nport = 1\n", 0o600, "port is not known"),
        ("[profiles]\ndefault = 1\n", 0o600, "is a table"),
    ],
)
def test_a_configuration_that_cannot_be_used(text, mode, told):
    configure(text, mode)
    with pytest.raises(ConfigurationError, match=told) as raised:
        find_connection()
    assert "'c'" not in str(raised.value)


def test_no_key_and_no_address():
    with pytest.raises(NoKeyError, match="malapert up"):
        find_connection()
    for url in ("ftp://x", "http://", "http://h:0", "http://h?x", "nonsense"):
        with pytest.raises(AddressError):
            find_connection(url, "k")
