"""The command `malapert plan verify`: what an export of a plan's approvals proves, checked without a platform."""

from pathlib import Path
from typing import Annotated

import typer
from joserfc.jwk import OKPKey
from malapert_core.documents.json_text import read_json
from malapert_core.documents.nodes import DocumentError
from malapert_core.errors import InvalidInputError
from malapert_core.signing.statement import read_key_set
from malapert_core.signing.verification import MAX_BYTES, Outcome, Verification, verify_approvals
from malapert_core.timestamps import utc_now

from malapert_cli.signing_keys import BadFileError
from malapert_cli.terminal import console

_STYLES = {Outcome.PROVEN: "green", Outcome.STATED: "yellow", Outcome.FAILED: "red"}
_MAX_KEYS_BYTES = 1024 * 1024


def verify(
    file: Annotated[Path, typer.Argument(help="file from GET /plans/{plan_id}/approvals")],
    keys: Annotated[list[str] | None, typer.Option(help="AGENCY=FILE: its public keys (JWKS), repeated")] = None,
    signed: Annotated[bool, typer.Option(help="count only what a key proves, whatever the rule says")] = False,
) -> None:
    """Check a plan's content hash, the signatures of agencies and the sign-off rule; refused where any check fails."""
    document = _read(file, MAX_BYTES)
    known = dict(_agency_keys(entry) for entry in keys or ())
    try:
        found = verify_approvals(document, known, utc_now(), signed_only=signed)
    except InvalidInputError as error:
        raise BadFileError(file, error) from error
    console.print(f"plan {document['plan_id']} of {document['mission_id']}", markup=False)
    _tell(found)
    if not found.holds:
        raise typer.Exit(1)


def _tell(found: Verification) -> None:
    for finding in found.findings:
        console.print(f"{finding.outcome.value:>7}  {finding.text}", style=_STYLES[finding.outcome], markup=False)


def _agency_keys(entry: str) -> tuple[str, tuple[OKPKey, ...]]:
    agency_id, mark, name = entry.partition("=")
    if not mark or not agency_id or not name:
        raise typer.BadParameter(f"{entry[:80]!r}: write it as AGENCY=FILE", param_hint="--keys")
    path = Path(name)
    try:
        return agency_id, read_key_set(_read(path, _MAX_KEYS_BYTES))
    except InvalidInputError as error:
        raise BadFileError(path, error) from error


def _read(path: Path, most_bytes: int) -> dict[str, object]:
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise BadFileError(path, f"it is longer than {most_bytes} bytes")
    try:
        document = read_json(content)
    except DocumentError as error:
        raise BadFileError(path, str(error)) from error
    if not isinstance(document, dict):
        raise BadFileError(path, "an object is allowed")
    return document
