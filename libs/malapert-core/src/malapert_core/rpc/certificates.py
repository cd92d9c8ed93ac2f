"""Certificates by which the parts of a platform, and the broker, know each other.

One authority, the installation's own, signs them. A service's certificate is made out to its name with hyphens, such as
``landing-site``, whatever address it is reached under: who answers there with another part's certificate is not it.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from malapert_core.config import ProcessSettings
from malapert_core.errors import PreconditionError


@dataclass(frozen=True, slots=True)
class Certificates:
    """Certificate of this process with its key, and the authority that those of the others are of: paths of PEM
    files."""

    certificate: Path
    key: Path
    authority: Path

    def broker_context(self) -> ssl.SSLContext:
        """Return how the broker is met: it proves its name, and is shown this certificate."""
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=self.authority)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def server_credentials(self) -> grpc.ServerCredentials:
        """Return those of a server that serves nobody without a certificate of the authority."""
        pair = (self.key.read_bytes(), self.certificate.read_bytes())
        return grpc.ssl_server_credentials([pair], self.authority.read_bytes(), require_client_auth=True)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Return those of a caller that shows its certificate."""
        return grpc.ssl_channel_credentials(
            self.authority.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
        )


def certificates_of(settings: ProcessSettings) -> Certificates | None:
    """Return a process's certificates; None where nothing is encrypted.

    Raises
    ------
    PreconditionError
        ``NO_CERTIFICATE`` where one cannot be read, or the key is not that of the certificate.
    """
    certificate, key, authority = settings.tls_certificate_file, settings.tls_key_file, settings.tls_authority_file
    if certificate is None or key is None or authority is None:
        return None
    found = Certificates(certificate, key, authority)
    try:
        found.broker_context()
    except (OSError, ssl.SSLError) as error:
        raise PreconditionError(
            "NO_CERTIFICATE", f"{certificate} with the key {key} and the authority {authority}: {error}"
        ) from error
    return found
