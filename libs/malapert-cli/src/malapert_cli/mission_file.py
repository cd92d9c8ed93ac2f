"""Mission files: read as YAML or JSON, submitted, and their faults reported with the file's lines."""

from pathlib import Path
from typing import TYPE_CHECKING

from malapert_core.documents.json_text import read_json_tree
from malapert_core.documents.nodes import DocumentError, Node
from malapert_core.documents.yaml_text import read_yaml_tree

from malapert_cli.api import Api, ApiError, Json, message_of

if TYPE_CHECKING:
    from malapert_http_models.contracts.planner import Mission

MAX_FILE_BYTES = 4_000_000


class MissionFileError(Exception):
    """A mission file that cannot be read as YAML or JSON, or that the platform refuses."""


def load_mission(path: Path) -> Json:
    """Read a mission file: JSON where its name ends in ``.json``, YAML 1.2 by its core schema otherwise.

    Raises
    ------
    MissionFileError
        Where it is no mapping, or with what is wrong and its line, such as a key that is there twice.
    """
    return _mapping(_tree(path), path)


def _mapping(root: Node, path: Path) -> Json:
    document = root.plain()
    if not isinstance(document, dict):
        raise MissionFileError(f"{path} must hold a mapping, not {type(document).__name__}")
    return document


def hand_in(api: Api, path: Path, *, validate_only: bool = False) -> "Mission":
    """Hand a mission file in and return the mission, or have it checked alone.

    Raises
    ------
    MissionFileError
        Where it is no YAML, or with every fault that the platform found and its line.
    ApiError
        Where the platform refuses the call for another reason.
    """
    from malapert_http_models.contracts.planner import Mission

    # Read once: what is no file on a disk, such as a pipe, cannot be read again.
    root = _tree(path)
    try:
        return message_of(Mission, api.post("/missions", _mapping(root, path), validate_only=validate_only))
    except ApiError as error:
        raise refused(error, path, root) from error


def hand_in_policy(api: Api, path: Path, call: str, asked: Json) -> Json:
    """Hand a margin policy in with what else a call asks for, and return the answer.

    Raises
    ------
    MissionFileError, ApiError
        As `hand_in`.
    """
    root = _tree(path)
    try:
        return api.post(call, asked | {"policy": _mapping(root, path)})
    except ApiError as error:
        raise refused(error, path, root, "policy.") from error


def refused(error: ApiError, path: Path, root: Node, within: str = "") -> Exception:
    """Return what the platform says of a file, each fault with its line; ``within`` is the file's path in the call."""
    if not error.faults or not all(fault["path"].startswith(within) for fault in error.faults):
        return error
    lines = []
    for fault in error.faults:
        where = fault["path"].removeprefix(within)
        lines.append(f"{path}:{root.nearest(where).line}: {where}: {fault['message']} [{fault['code']}]")
    count = f"{len(lines)} fault{'s' if len(lines) > 1 else ''}"
    return MissionFileError("\n".join([*lines, f"{path}: {count} [{error.reason}]"]))


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
