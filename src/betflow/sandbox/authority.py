"""
The sandbox's certificates: an authority of its own, made at every start, whose key never leaves the process.

It vouches for the server and for client certificates: one that is linked to the account, and one that is not.
"""

import hashlib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509

from betflow.errors import ConfigurationError
from betflow.sandbox.faults import FaultKind, Faults, Where

if TYPE_CHECKING:
    import trustme

HOSTS: Final = ("localhost", "127.0.0.1", "::1")
_OTHER_HOST: Final = "exchange.example.com"


@dataclass(frozen=True, slots=True)
class ClientPair:
    """A client certificate and its key, PEM."""

    certificate: bytes
    key: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate (DER, hex)."""
        return fingerprint_of(self.certificate)

    def __repr__(self) -> str:
        return "ClientPair()"


def fingerprint_of(certificate: bytes) -> str:
    """Return the SHA-256 (hex) of a PEM certificate's DER."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode())).hexdigest()


def certificate_in(path: Path) -> bytes:
    """
    Return the first certificate in a PEM file.

    Raises:
        ConfigurationError: there is none.
    """
    try:
        content = path.read_text(encoding="ascii", errors="replace")
        begin, end = content.index(ssl.PEM_HEADER), content.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
        certificate = content[begin:end]
        x509.load_pem_x509_certificate(certificate.encode())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no PEM certificate"
        raise ConfigurationError(
            f"{path} cannot be linked to the account: {reason}.",
            advice="Name the certificate's file (.crt), PEM.",
        ) from error
    return certificate.encode()


class Authority:
    """Issues certificates; a new one is trusted by nobody until its certificate (`pem`) is given to them."""

    def __init__(self) -> None:
        import trustme  # noqa: PLC0415 - an extra

        self._ca = trustme.CA(organization_name="betflow sandbox")
        self._server = self._ca.issue_cert(*HOSTS)
        self._other = self._ca.issue_cert(_OTHER_HOST)

    @property
    def pem(self) -> bytes:
        """The authority's certificate."""
        return self._ca.cert_pem.bytes()

    def client(self, name: str) -> ClientPair:
        """Issue a client certificate."""
        issued = self._ca.issue_cert(common_name=name, organization_name="betflow sandbox")
        return ClientPair(
            b"".join(each.bytes() for each in issued.cert_chain_pems), issued.private_key_pem.bytes()
        )

    def server_context(
        self, faults: Faults, listener: str, *, clients: Iterable[Path] | None = None
    ) -> ssl.SSLContext:
        """
        Return what a listener talks TLS with: 1.2 at least, and faults of new connections.

        Args:
            faults: What goes wrong.
            listener: Its name, as faults have it: ``api`` or ``stream``.
            clients: Client certificates (PEM) that are trusted beside those of the authority. None: the
                listener asks for none at all.

        Raises:
            ConfigurationError: such a file has no certificate.
        """
        context = self._context(self._server, clients)
        other = self._context(self._other, clients)

        def greet(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> int | None:
            fault = faults.next(Where.CONNECT, listener)
            if fault is None:
                return None
            if fault.kind is FaultKind.WRONG_HOST:
                connection.context = other
                return None
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR

        context.sni_callback = greet
        return context

    def _context(self, shown: "trustme.LeafCert", clients: Iterable[Path] | None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        shown.configure_cert(context)
        if clients is not None:
            context.verify_mode = ssl.CERT_OPTIONAL
            # A certificate that is linked is trusted by itself, whoever signed it.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            self._ca.configure_trust(context)
            for each in clients:
                context.load_verify_locations(cadata=certificate_in(each).decode("ascii"))
        return context
