"""Client certificates for tests, made on the spot."""

from datetime import UTC, datetime
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509 import load_pem_x509_certificate

NOW_MS = 1_771_407_000_000
"""2026-02-18T09:30:00.000Z."""


def issue(authority: trustme.CA, *, not_after: str = "2126-01-01") -> trustme.LeafCert:
    """Return a client's certificate, valid until a day."""
    day = datetime.fromisoformat(not_after).replace(tzinfo=UTC)
    return authority.issue_cert("client.example", not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=day)


def certificate_pem(leaf: trustme.LeafCert) -> bytes:
    """Return the certificate alone."""
    return leaf.cert_chain_pems[0].bytes()


def key_pem(leaf: trustme.LeafCert, password: str | None = None) -> bytes:
    """Return the key, encrypted where there is a password."""
    key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(password))


def pfx(leaf: trustme.LeafCert, password: str | None = None) -> bytes:
    """Return certificate and key as PKCS#12."""
    key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
    certificate = load_pem_x509_certificate(certificate_pem(leaf))
    return pkcs12.serialize_key_and_certificates(
        b"client",
        key,  # type: ignore[arg-type]  # one of those that PKCS#12 takes
        certificate,
        None,
        _encryption(password),
    )


def der(leaf: trustme.LeafCert) -> bytes:
    """Return the certificate in DER form."""
    return load_pem_x509_certificate(certificate_pem(leaf)).public_bytes(Encoding.DER)


def private(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a file that only its owner may read."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def _encryption(password: str | None) -> KeySerializationEncryption:
    return NoEncryption() if password is None else BestAvailableEncryption(password.encode())
