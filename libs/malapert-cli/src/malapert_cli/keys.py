"""The commands `malapert key` and `malapert admin`: an agency's own key and its first administrator, and recovery."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from joserfc import jwt
from joserfc.jwk import OKPKey
from malapert_core.policy.tokens import new_private_key, read_private_key

from malapert_cli.data_directory import printable, write_private
from malapert_cli.options import Url, named_path
from malapert_cli.refusing import MISUSED, refusal

PROOF_LIFETIME_S = 120


def new_agency_key(
    file: Annotated[Path, typer.Argument(help="where the private key is written (PEM, mode 0600); not there yet")],
) -> None:
    """Make an agency's signing key; prints the public key set, to be handed to whoever admits the agency."""
    if file.exists():
        raise refusal(f"{printable(file)} is there already; a key is not overwritten", MISUSED)
    made = new_private_key()
    write_private(file, made.as_pem(private=True).decode())
    typer.echo(json.dumps({"keys": [_public(made)]}, indent=2))


def enrol(
    file: Annotated[Path, typer.Argument(help="the agency's private key, as new-agency-key wrote it")],
    agency: Annotated[str, typer.Option(help="the agency, as it was admitted")],
    url: Url = None,
    installation: Annotated[str, typer.Option(help="name of the installation that the proof is for")] = "malapert",
    label: Annotated[str, typer.Option(help="what the key is for")] = "First administrator",
) -> None:
    """Prove to hold an agency's private key; prints its first ADMINISTRATOR key, which is shown this once."""
    from malapert_client import Client, Connection
    from malapert_client.connection import checked_url

    proof = _proof(_agency_key(file), agency, installation)
    with Client(connection=Connection(checked_url(url), "")) as client:
        issued = client.enrol_agency(agency, {"proof": proof, "label": label})
    typer.echo(issued.bearer_key)


def admin(
    arguments: Annotated[
        list[str],
        typer.Argument(
            help="new-key --agency AGENCY --role ROLE, list-agencies, verify-audit [DATABASE_URL...], "
            "prune-audit --before TIME [DATABASE_URL...], backup FOLDER, or restore FOLDER"
        ),
    ],
    data_dir: Annotated[Path, typer.Option(parser=named_path, metavar="PATH", help="of the embedded platform")] = Path(
        ".malapert"
    ),
) -> None:
    """Make a key without any, on the platform's own host: for an agency that lost its last ADMINISTRATOR.

    It works on the gateway's database, whether the platform is up or not: that of the data directory, or where the
    environment has MALAPERT_GATEWAY_DATABASE_URL, that one. What it makes is recorded, and its agency sees it.

    verify-audit verifies the audit chains of all services, with the anchors in the data directory's logs. prune-audit
    deletes the entries before a time, which is recorded, and none after the last anchor.

    backup writes the databases and files of all services into a new folder, while the platform is stopped; restore
    reads them into a data directory that holds no platform yet, which then starts as any other.
    """
    from malapert_cli.backup import back_up_or_restore, host_environment
    from malapert_cli.chains import prune_stored, verify_stored

    directory = data_dir.absolute()
    if arguments[0] == "verify-audit":
        raise typer.Exit(verify_stored(directory, arguments[1:]))
    if arguments[0] == "prune-audit":
        prune_stored(directory, arguments[1:])
        return
    if arguments[0] in ("backup", "restore"):
        back_up_or_restore(directory, arguments)
        return
    environment = host_environment(directory, "gateway")
    if "MALAPERT_GATEWAY_DATABASE_URL" not in environment and not (directory / "gateway" / "gateway.db").exists():
        raise refusal(f"{printable(data_dir)} holds no platform; give its --data-dir", MISUSED)
    command = [sys.executable, "-m", "malapert_gateway", "admin", *arguments]
    ended = subprocess.run(command, env=environment, check=False)  # noqa: S603 - our own module
    raise typer.Exit(ended.returncode)


def _agency_key(file: Path) -> OKPKey:
    try:
        return read_private_key(file)
    except ValueError as error:
        raise refusal(str(error), MISUSED) from error


def _public(private_key: OKPKey) -> dict[str, object]:
    return {**private_key.as_dict(private=False), "kid": private_key.thumbprint(), "use": "sig"}


def _proof(private_key: OKPKey, agency: str, installation: str) -> str:
    now_s = int(time.time())
    claims = {
        "iss": agency,
        "aud": installation,
        "purpose": "enrol",
        "iat": now_s,
        "exp": now_s + PROOF_LIFETIME_S,
    }
    header = {"alg": "Ed25519", "kid": private_key.thumbprint()}
    return jwt.encode(header, claims, private_key, algorithms=["Ed25519"])
