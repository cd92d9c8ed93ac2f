"""The chart renders in all of its modes to what a cluster takes, and to what the platform's rules ask of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "chart"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
RELEASES = ("1.28", "1.33", "1.37")
"""Releases of Kubernetes against whose schemas all is held: the oldest that it takes, the newest, one between."""
PEER = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
SHARED = {"replicas": 2, "storage": {"size": "1Ti", "class": "files", "accessMode": "ReadWriteMany"}}
MODES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "other broker": {"broker": {"internal": False, "address": "nats.broker:4222"}},
    "in the clear": {"tls": {"enabled": False}},
    "encrypted to the end": {"tls": {"gateway": True, "databaseAuthority": "postgres-ca.pem"}},
    "in the open": {
        "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "cert", "trustedProxies": "10.0.0.0/8"},
        "networkPolicy": {"metricsFrom": [PEER], "gatewayFrom": [PEER]},
    },
    "many": {"parts": {"landing-site": SHARED, "solver": {"replicas": 20}}, "image": {"pullSecrets": ["registry"]}},
    "object store": {
        "parts": {"landing-site": {"replicas": 2, "objectStore": {"url": "s3://moon/files", "secret": "moon-files"}}}
    },
    "small": {
        "parts": {name: {"replicas": 1} for name in ("gateway", "planner", "payload", "comms-window", "solver")},
        "networkPolicy": {"enabled": False},
    },
}


@pytest.fixture(scope="module")
def helm() -> Any:
    return pytest.importorskip("helm_python", reason="`make chart` installs what renders the chart")


def rendered(helm: Any, values: dict[str, Any]) -> list[dict[str, Any]]:
    with helm.Chart.load(str(CHART)) as chart:
        chart.validate_schema(values)
        files = chart.render(values, name="lunar", namespace="moon")
    return [each for text in files.values() for each in yaml.safe_load_all(text) if each]


def of_kind(objects: list[dict[str, Any]], *kinds: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in objects if each["kind"] in kinds}


def pods(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for name, each in of_kind(objects, "Deployment", "StatefulSet").items():
        pod = each["spec"]["template"]["spec"]
        for container in pod["containers"]:
            yield name, pod, container


@pytest.mark.parametrize("mode", MODES)
def test_every_object_is_what_three_releases_take(helm: Any, mode: str) -> None:
    validation = pytest.importorskip("kubernetes_validate", reason="`make chart` installs the schemas")
    objects = rendered(helm, MODES[mode])
    names = [(each["kind"], each["metadata"]["name"]) for each in objects]
    assert len(names) == len(set(names))
    for each in objects:
        for release in RELEASES:
            validation.validate(each, release, strict=True)


@pytest.mark.parametrize("mode", MODES)
def test_no_pod_has_a_privilege_or_is_without_limits(helm: Any, mode: str) -> None:
    for name, pod, container in pods(rendered(helm, MODES[mode])):
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True, name
        assert security["allowPrivilegeEscalation"] is False, name
        assert security["capabilities"] == {"drop": ["ALL"]}, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert container["resources"]["limits"]["memory"], name
        if "setup" not in name:
            assert {"readinessProbe", "livenessProbe"} <= set(container), name
        secret = [each for each in container["env"] if "PASSWORD" in each["name"] or "DATABASE_URL" in each["name"]]
        assert all("secretKeyRef" in each["valueFrom"] for each in secret), name


def test_what_runs_several_times_is_never_all_taken_away(helm: Any) -> None:
    objects = rendered(helm, MODES["many"])
    several = {name for name, each in of_kind(objects, "Deployment").items() if each["spec"]["replicas"] > 1}
    assert several == set(of_kind(objects, "PodDisruptionBudget"))
    for name in several:
        assert of_kind(objects, "Deployment")[name]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_parts_are_set_and_reached_as_in_containers_on_one_host(helm: Any) -> None:
    objects = rendered(helm, {"tls": {"gateway": True}})
    deployments, policies = of_kind(objects, "Deployment"), of_kind(objects, "NetworkPolicy")
    ours = {name for name, part in COMPOSE.items() if "malapert/" in part.get("image", "") and "profiles" not in part}
    assert {f"lunar-{name}" for name in ours} == set(deployments)
    for name in ours:
        container = deployments[f"lunar-{name}"]["spec"]["template"]["spec"]["containers"][0]
        given = {each["name"]: each.get("value", "") for each in container["env"]}
        missing = set(COMPOSE[name]["environment"]) - set(given)
        assert not {each for each in missing if each.startswith("MALAPERT_")}, name
        for setting, target in given.items():
            if not setting.endswith("_TARGET"):
                continue
            callee = target.removeprefix("dns:///").removesuffix(":7000")
            reached = [rule for rule in policies[callee]["spec"]["ingress"] if rule["ports"] == [{"port": 7000}]]
            callers = [peer["podSelector"]["matchLabels"] for peer in reached[0]["from"]]
            assert name in {labels["app.kubernetes.io/component"] for labels in callers}, (name, callee)
    assert {name for name in policies if "from" not in str(policies[name]["spec"].get("ingress", "from"))} == {
        "lunar-gateway",
    } | {f"lunar-{name}" for name in ("solver",)}


@pytest.mark.parametrize("name", ["nats.conf", "tls.conf"])
def test_the_broker_is_configured_as_that_of_one_host(name: str) -> None:
    assert (CHART / "files" / name).read_text() == (ROOT / "deploy" / "nats" / name).read_text()


@pytest.mark.parametrize("mode", MODES)
def test_every_pod_has_its_own_certificate_or_none_has(helm: Any, mode: str) -> None:
    is_encrypted = mode != "in the clear"
    objects = rendered(helm, MODES[mode])
    for name, pod, container in pods(objects):
        part = name.removeprefix("lunar-")
        shown = {key["key"] for each in pod["volumes"] if each["name"] == "tls" for key in each["secret"]["items"]}
        own = {"ca.pem", f"{part}.pem", f"{part}-key.pem"} if is_encrypted else set()
        assert own == shown - {"postgres-ca.pem"}, name
        told = {each["name"].rpartition("_TLS_")[2] for each in container["env"] if "_TLS_" in each["name"]}
        files = {"CERTIFICATE_FILE", "KEY_FILE", "AUTHORITY_FILE"}
        assert told == (files if is_encrypted and part != "nats" else set()), name
        for probe in (each for kind, each in container.items() if kind.endswith("Probe")):
            assert probe.get("grpc", {"port": 7001})["port"] == 7001, name
            if "httpGet" in probe:
                assert probe["httpGet"]["scheme"] == ("HTTPS" if mode == "encrypted to the end" else "HTTP")
    for broker in of_kind(objects, "ConfigMap").values():
        assert ("verify: true" in broker["data"]["tls.conf"]) is is_encrypted


def test_files_in_an_object_store_need_no_volume(helm: Any) -> None:
    objects = rendered(helm, MODES["object store"])
    assert not of_kind(objects, "PersistentVolumeClaim")
    site = of_kind(objects, "Deployment")["lunar-landing-site"]["spec"]
    container = site["template"]["spec"]["containers"][0]
    assert site["replicas"] == 2
    assert container["envFrom"] == [{"secretRef": {"name": "moon-files"}}]
    assert {"name": "MALAPERT_LANDING_SITE_OBJECT_STORE_URL", "value": "s3://moon/files"} in container["env"]
    assert {"name": "data", "emptyDir": {}} in site["template"]["spec"]["volumes"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"parts": {"gateway": {"replicas": "2"}}},
        {"parts": {"landing-site": {"replicas": 2}}},
        {"parts": {"planer": {"replicas": 2}}},
        {"parts": {"solver": {"settings": {"SOLVER_PROCESSES": "2"}}}},
        {"image": {"pullPolicy": "Sometimes"}},
        {"ingres": {"enabled": True}},
        {"ingress": {"enabled": True}},
        {"broker": {"internal": False}},
        {"secrets": {"broker": ""}},
        {"tls": {"secret": ""}},
        {"parts": {"landing-site": {"objectStore": {"url": "http://moon"}}}},
        {"tls": {"enabled": False, "gateway": True}},
    ],
)
def test_values_that_mean_nothing_are_refused(helm: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(helm.HelmError):
        rendered(helm, wrong)


def test_the_version_is_that_of_the_platform() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    images = {part["image"].rpartition(":")[2] for part in COMPOSE.values() if "malapert/" in part.get("image", "")}
    assert {chart["version"], chart["appVersion"]} == images
