"""Mission files: read as YAML or JSON, submitted, and their faults reported with the file's lines."""

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malapert_core.documents.json_text import read_json_tree
from malapert_core.documents.nodes import DocumentError, Node
from malapert_core.documents.yaml_text import read_yaml_tree

from malapert_cli.refusing import RefusalError

if TYPE_CHECKING:
    from malapert_client import Client, ProblemError, Work
    from malapert_http_models.contracts.planner import Mission, MissionProposal, Robustness

MAX_FILE_BYTES = 4_000_000


class MissionFileError(RefusalError):
    """A mission file that cannot be read as YAML or JSON, or that the platform refuses."""


def load_mission(path: Path) -> dict[str, Any]:
    """Read a mission file: JSON where its name ends in ``.json``, YAML 1.2 by its core schema otherwise.

    Raises
    ------
    MissionFileError
        Where it is no mapping, or with what is wrong and its line, such as a key that is there twice.
    """
    return _mapping(_tree(path), path)


def _mapping(root: Node, path: Path) -> dict[str, Any]:
    document = root.plain()
    if not isinstance(document, dict):
        raise MissionFileError(f"{path} must hold a mapping, not {type(document).__name__}")
    return document


def hand_in(client: "Client", path: Path, *, validate_only: bool = False) -> "Mission":
    """Hand a mission file of its owner in and return the mission, or have it checked alone.

    Raises
    ------
    MissionFileError
        Where it is no YAML, with every fault that the platform found and its line, or where it became a proposal.
    ProblemError
        Where the platform refuses the call for another reason.
    """
    from malapert_http_models.contracts.planner import Mission

    taken = submit(client, path, validate_only=validate_only)
    if not isinstance(taken, Mission):
        raise MissionFileError(f"{path}: the mission has an owner, who decides on this version: {taken.proposal_id}")
    return taken


def submit(client: "Client", path: Path, *, validate_only: bool = False) -> "Mission | MissionProposal":
    """Hand a mission file in; of a mission that others own it is a proposal. Raises as `hand_in`."""
    from malapert_client import ProblemError

    # Read once: what is no file on a disk, such as a pipe, cannot be read again.
    root = _tree(path)
    try:
        return client.create_mission(_mapping(root, path), validate_only=validate_only)
    except ProblemError as error:
        raise refused(error, path, root) from error


def assess(client: "Client", path: Path, plan_id: str, asked: dict[str, Any]) -> "Work[Robustness]":
    """Begin replays of a plan under a margin policy of a file.

    Raises
    ------
    MissionFileError, ProblemError
        As `hand_in`.
    """
    from malapert_client import ProblemError

    root = _tree(path)
    try:
        return client.assess_robustness(plan_id, asked | {"policy": _mapping(root, path)})
    except ProblemError as error:
        raise refused(error, path, root, "policy.") from error


def check_here(path: Path) -> dict[str, Any]:
    """Return a mission file's document, checked on this machine as far as that goes without a platform.

    Raises
    ------
    MissionFileError
        With every fault and its line, or where this machine has no planner.
    """
    root = _tree(path)
    document = _mapping(root, path)
    # A process of its own: a client of the platform imports nothing of its services.
    command = [sys.executable, "-m", "malapert_planner.mission_document.check"]
    done = subprocess.run(command, input=json.dumps(document).encode(), capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        raise MissionFileError("the planner is not installed here: name a platform by --url or MALAPERT_URL")
    if found := [(each["path"], each["message"], each["code"]) for each in json.loads(done.stdout)]:
        raise _with_lines(path, root, found, "INVALID_MISSION")
    return document


def refused(error: "ProblemError", path: Path, root: Node, within: str = "") -> Exception:
    """Return what the platform says of a file, each fault with its line; ``within`` is the file's path in the call."""
    if not error.faults or not all(fault.path.startswith(within) for fault in error.faults):
        return error
    found = [(fault.path.removeprefix(within), fault.message, fault.code) for fault in error.faults]
    return _with_lines(path, root, found, error.reason)


def _with_lines(path: Path, root: Node, faults: list[tuple[str, str, str]], reason: str) -> MissionFileError:
    lines = [f"{path}:{root.nearest(where).line}: {where}: {told} [{code}]" for where, told, code in faults]
    count = f"{len(lines)} fault{'s' if len(lines) > 1 else ''}"
    return MissionFileError("\n".join([*lines, f"{path}: {count} [{reason}]"]))


def _tree(path: Path) -> Node:
    is_json = path.suffix.lower() == ".json"
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise MissionFileError(f"{path} has more than the {MAX_FILE_BYTES} bytes that are read")
        return read_json_tree(content) if is_json else read_yaml_tree(content)
    except OSError as error:
        raise MissionFileError(f"{path} cannot be read: {error.strerror}") from error
    except DocumentError as error:
        kind = "JSON" if is_json else "YAML"
        told = [f"{path}: {fault.path or kind}: {fault.message} [{fault.code}]" for fault in error.faults]
        what = f"is no {kind}" if error.is_malformed else "cannot be taken"
        raise MissionFileError("\n".join([*told, f"{path} {what}: {error.message}"])) from error
