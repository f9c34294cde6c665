"""
How connections are secured: TLS 1.2 or newer, and the other side is always verified.

There is no way to switch verification off. Who runs an exchange of their own, or works behind a company's
proxy, adds the authority that vouches for it.
"""

import ssl
from pathlib import Path

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from betflow.betfair.certificates import ClientCertificate, present
from betflow.errors import ConfigurationError


def verified_context(
    *, authority: Path | None = None, certificate: ClientCertificate | None = None
) -> ssl.SSLContext:
    """
    Return what secures a connection.

    Args:
        authority: Further authorities to trust besides the system's, PEM.
        certificate: What to present to a server that asks for a certificate.

    Raises:
        ConfigurationError: the file of authorities is not there, or is none.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        # Those that requests brings along: some systems keep theirs where Python does not look, or not yet.
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            reason = (
                "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            )
            raise ConfigurationError(
                f"{authority} cannot be used as an authority: {reason}.",
                advice="Correct BETFAIR_CA_FILE; it names the certificate of the authority in PEM form.",
            ) from None
    if certificate is not None:
        present(certificate, context)
    return context
