"""Alerts and dashboards ask for metrics that there are, each alert was caused once and has its entry."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from malapert_core import metric_names
from prometheus_client import Counter, Gauge, Histogram

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "observability"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
ALERTS = [rule["alert"] for rule in RULES]
METRICS = [each for each in vars(metric_names).values() if isinstance(each, Counter | Gauge | Histogram)]
SERIES = {
    sample: metric
    for metric in METRICS
    for sample in (
        (f"{metric._name}_total",)
        if isinstance(metric, Counter)
        else (f"{metric._name}_{part}" for part in ("bucket", "sum", "count"))
        if isinstance(metric, Histogram)
        else (metric._name,)
    )
}
GIVEN_BY_PROMETHEUS = {"job", "instance", "le"}


def queries() -> list[str]:
    dashboards = [json.loads(path.read_text()) for path in (FOLDER / "dashboards").glob("*.json")]
    panels = [panel for each in dashboards for panel in each["panels"]]
    return [rule["expr"] for rule in RULES] + [target["expr"] for each in panels for target in each["targets"]]


def test_every_metric_and_label_that_is_asked_for_exists() -> None:
    asked = {name for query in queries() for name in re.findall(r"malapert_\w+", query)}
    assert asked <= set(SERIES)
    for query in queries():
        labels = {label for metric in re.findall(r"malapert_\w+", query) for label in SERIES[metric]._labelnames}
        grouped = [each for part in re.findall(r"\b(?:by|on) \(([^)]*)\)", query) for each in part.split(", ")]
        matched = re.findall(r"(\w+)=~?[\"']", query)
        assert {*grouped, *matched} <= labels | GIVEN_BY_PROMETHEUS, query


def test_every_metric_is_shown_or_watched() -> None:
    asked = {name for query in queries() for name in re.findall(r"malapert_\w+", query)}
    unseen = {metric._name for metric in METRICS} - {SERIES[name]._name for name in asked}
    assert not unseen


def test_every_alert_is_caused_in_a_test_and_has_its_entry_in_the_runbook() -> None:
    cases = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    fired = {each["alertname"] for case in cases for each in case["alert_rule_test"] if each["exp_alerts"]}
    assert fired == set(ALERTS)
    entries = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "operations" / "alerts.md").read_text(), re.MULTILINE)
    assert entries == ALERTS


def test_alerts_fire_when_they_are_caused_and_not_before(tmp_path: Path) -> None:
    promtool = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus; or name it in PROMTOOL)")
    # Texts are compared whole by promtool; they are not what is tested.
    bare = [{key: value for key, value in rule.items() if key != "annotations"} for rule in RULES]
    (tmp_path / "alerts.yml").write_text(yaml.safe_dump({"groups": [{"name": "malapert", "rules": bare}]}))
    shutil.copy(FOLDER / "alerts_test.yml", tmp_path)
    for folder, verb, name in ((FOLDER, "check", "alerts.yml"), (tmp_path, "test", "alerts_test.yml")):
        done = subprocess.run([promtool, verb, "rules", name], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_is_as_it_is_written_anew(tmp_path: Path) -> None:
    out = tmp_path / "malapert.json"
    subprocess.run([sys.executable, str(ROOT / "deploy" / "generate-dashboard"), str(out)], check=True)
    written = (FOLDER / "dashboards" / "malapert.json").read_text()
    assert out.read_text() == written, "run deploy/generate-dashboard deploy/observability/dashboards/malapert.json"


def test_the_layer_of_containers_measures_every_process_of_the_platform() -> None:
    platform = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    layer = yaml.safe_load((FOLDER / "compose.yml").read_text())["services"]
    once = {name: part for name, part in platform.items() if "profiles" not in part}
    ours = {name for name, part in once.items() if "build" in part or part.get("command") == ["worker"]}
    settings = {name: part.get("environment", {}) for name, part in layer.items()}
    measured = {name for name, given in settings.items() if any("METRICS_PORT" in key for key in given)}
    scraped = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"][0]["dns_sd_configs"][0]
    assert set(scraped["names"]) == measured == ours
    ports = {value for name in ours for key, value in layer[name]["environment"].items() if "METRICS_PORT" in key}
    assert ports == {str(scraped["port"])}
