"""Mission files: read as YAML, handed in, and what is wrong with them told with the file's lines."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from malapert_cli.api import Api, ApiError, Json

_PATH_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class MissionFileError(Exception):
    """A mission file that cannot be read as YAML, or that the platform refuses."""


def load_mission(path: Path) -> Json:
    """Read a mission file.

    Raises
    ------
    MissionFileError
        Where it is no YAML mapping, with the line.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MissionFileError(f"{path} is no YAML: {error}") from error
    if not isinstance(document, dict):
        raise MissionFileError(f"{path} must hold a mapping, not {type(document).__name__}")
    # Times that YAML reads as dates go on as the RFC 3339 text they were.
    return dict(json.loads(json.dumps(document, default=lambda value: value.isoformat())))


def hand_in(api: Api, path: Path, *, validate_only: bool = False) -> Json:
    """Hand a mission file in and return the mission, or have it checked alone.

    Raises
    ------
    MissionFileError
        Where it is no YAML, or with every fault that the platform found and its line.
    ApiError
        Where the platform refuses the call for another reason.
    """
    document = load_mission(path)
    try:
        return api.post("/missions", document, validate_only=validate_only)
    except ApiError as error:
        if not error.faults:
            raise
        root: Any = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        lines = [
            f"{path}:{_line(root, fault['path'])}: {fault['path']}: {fault['message']} [{fault['code']}]"
            for fault in error.faults
        ]
        count = f"{len(lines)} fault{'s' if len(lines) > 1 else ''}"
        raise MissionFileError("\n".join([*lines, f"{path}: {count} [{error.reason}]"])) from error


def _line(root: yaml.Node, path: str) -> int:
    """Return the line, from 1, of what a path names; of the nearest part around it where that is not there."""
    node = root
    for key, index in _PATH_PART.findall(path):
        inner = _child(node, key, index)
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1


def _child(node: yaml.Node, key: str, index: str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and index:
        return node.value[int(index)] if int(index) < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    return None
