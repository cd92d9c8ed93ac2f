"""What operators read is as the code is."""

import importlib.machinery
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OWN_ROOT = {"postgres"}
"""Parts that begin as root, to own their files, before they give that up."""


def test_the_table_of_settings_is_as_it_is_written_anew(tmp_path):
    out = tmp_path / "configuration.md"
    subprocess.run([sys.executable, str(ROOT / "deploy" / "generate-configuration"), str(out)], check=True)
    written = (ROOT / "docs" / "operations" / "configuration.md").read_text()
    assert out.read_text() == written, "run deploy/generate-configuration docs/operations/configuration.md"
    assert "|  |" not in written, "a setting does not say what it is"


def test_every_verb_that_is_named_to_operators_exists():
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set()
    for path in (ROOT / "docker-compose.yml", *(ROOT / "docs" / "operations").glob("*.md")):
        named |= set(re.findall(r"`?make ([a-z-]+)`?", "\n".join(_commands(path))))
    assert named
    assert named <= verbs


def _commands(path: Path) -> list[str]:
    text = path.read_text()
    return re.findall(r"`(make [^`]+)`", text) + re.findall(r"^(make .+)$", text, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(set(COMPOSE) - OWN_ROOT))
def test_a_container_writes_only_where_it_must_and_has_no_privilege(name):
    part = COMPOSE[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert part["mem_limit"]
    assert part["pids_limit"]
    assert part["restart"] == "unless-stopped"


def test_every_setting_that_containers_are_given_is_one():
    module = _generator()
    known: dict[str, set[str]] = {}
    for kind in (*module.SERVICES, *(kind for kind, _ in module.OTHERS)):
        known.setdefault(module.prefix_of(kind), set()).update(kind.model_fields)
    for part in COMPOSE.values():
        for name in part.get("environment", {}):
            if not name.startswith("MALAPERT_"):
                continue
            prefix = next(each for each in known if name.startswith(each))
            assert name.removeprefix(prefix).lower() in known[prefix], name


def _generator():
    path = ROOT / "deploy" / "generate-configuration"
    loader = importlib.machinery.SourceFileLoader("generate_configuration", str(path))
    spec = importlib.util.spec_from_loader("generate_configuration", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module
