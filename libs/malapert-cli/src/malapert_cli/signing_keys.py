"""Files of keys and signed documents on this machine."""

from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from malapert_core.errors import InvalidInputError

from malapert_cli.data_directory import printable
from malapert_cli.refusing import RefusalError

_MAX_BYTES = 64 * 1024


class BadFileError(RefusalError):
    """A file that is not what a command needs: its path, and every fault."""

    def __init__(self, path: Path, why: str | InvalidInputError) -> None:
        if isinstance(why, InvalidInputError):
            lines = [f"{why.message} [{why.reason}]"]
            lines += [f"  {fault.path}: {fault.message} [{fault.code}]" for fault in why.faults]
        else:
            lines = [why]
        super().__init__(f"{printable(path)}: " + "\n".join(lines))


def private_key(path: Path) -> OKPKey:
    """Return an agency's Ed25519 private key from a PEM or JWK file.

    Raises
    ------
    BadFileError
        Where it is none.
    """
    content = path.read_bytes()[: _MAX_BYTES + 1]
    try:
        key = OKPKey.import_key(content.decode())
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadFileError(path, "an Ed25519 private key in PEM or as a JSON Web Key is allowed") from error
    if key.curve_name != "Ed25519" or not key.is_private:
        raise BadFileError(path, "an Ed25519 private key is allowed")
    return key
