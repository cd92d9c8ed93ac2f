"""The whole platform's state in a folder of archives, one a service, and back into a new data directory."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from malapert_cli.chains import STORED, verify_stored
from malapert_cli.data_directory import DataDirectoryError, held, prepare_directory, printable
from malapert_cli.refusing import MISUSED, REFUSED, refusal
from malapert_cli.terminal import console

USAGE = "use backup FOLDER, or restore FOLDER"


def back_up_or_restore(data_dir: Path, arguments: list[str]) -> None:
    """Do what the command line says, with the data directory held: no platform runs on it meanwhile."""
    if len(arguments) != 2:
        raise refusal(USAGE, MISUSED)
    folder = Path(arguments[1]).absolute()
    try:
        if arguments[0] == "backup":
            _back_up(data_dir, folder)
        else:
            _restore(data_dir, folder)
    except (DataDirectoryError, OSError) as error:
        raise refusal(str(error), REFUSED) from error


def host_environment(data_dir: Path, service: str) -> dict[str, str]:
    """Return the environment of what is done on the host with one service of a data directory; what is set counts."""
    prefix = f"MALAPERT_{service.upper()}_"
    settings = {
        "DATA_DIR": str(data_dir / service),
        "IDENTITY_KEY_FILE": str(data_dir / "identity" / f"{service}.pem"),
        "IDENTITY_KEYS_DIR": str(data_dir / "identity" / "public"),
        "LOG_LEVEL": "ERROR",
    }
    return {prefix + name: value for name, value in settings.items()} | os.environ


def _back_up(data_dir: Path, folder: Path) -> None:
    missing = [name for name in STORED if not _database(data_dir, name).exists()]
    if missing:
        raise refusal(f"{printable(data_dir)} holds no platform: no database of {', '.join(missing)}", MISUSED)
    with held(data_dir, "a backup"):
        part = _new_part(folder)
        try:
            for service in STORED:
                _tell(_done(data_dir, service, "backup", part / f"{service}.zip"))
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    console.print(f"backed up into {printable(folder)}")


def _restore(data_dir: Path, folder: Path) -> None:
    missing = [f"{name}.zip" for name in STORED if not (folder / f"{name}.zip").is_file()]
    if missing:
        raise refusal(f"{printable(folder)} is no backup: it has no {', '.join(missing)}", MISUSED)
    there = [name for name in STORED if (data_dir / name).exists()]
    if there:
        raise refusal(f"{printable(data_dir)} holds a platform already: choose a new --data-dir", MISUSED)
    with held(prepare_directory(data_dir), "a restore"):
        try:
            for service in STORED:
                (data_dir / service).mkdir(mode=0o700)
                _tell(_done(data_dir, service, "restore", folder / f"{service}.zip"))
        except BaseException:
            # All or nothing: a platform on some of its databases would not know that the others are missing.
            for service in STORED:
                shutil.rmtree(data_dir / service, ignore_errors=True)
            raise
        code = verify_stored(data_dir, ())
    if code:
        raise refusal("restored, but an audit chain does not hold: nor did it where the backup was made", code)
    console.print(f"restored into {printable(data_dir)}; its events are sent again when the platform starts")


def _new_part(folder: Path) -> Path:
    if folder.exists():
        raise refusal(f"{printable(folder)} is there already; a backup is not overwritten", MISUSED)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    return part


def _done(data_dir: Path, service: str, verb: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", f"malapert_{service}", verb, str(file)]
    ended = subprocess.run(  # noqa: S603 - our own module
        command, env=host_environment(data_dir, service), check=False, capture_output=True, text=True
    )
    if ended.returncode:
        why = ended.stderr.strip().splitlines() or ["it ended without a word"]
        raise refusal(f"{service}: {why[-1]}", REFUSED)
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return told


def _tell(told: Mapping[str, Any]) -> None:
    console.print(
        f"{told['service']}: {told['rows']} rows, {told['files']} files of {told['file_bytes'] / 1e6:.1f} MB, "
        f"version {told['version']}, as of {told['taken_time']}"
    )
    if told["other_store"]:
        console.print(
            f"{told['service']}: what is in {told['other_store']!r} is not; back it up by the store's own means"
        )


def _database(data_dir: Path, service: str) -> Path:
    return data_dir / service / f"{service}.db"
