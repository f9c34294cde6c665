"""
The client certificate: found, checked and handed to TLS.

Betfair wants a certificate of one's own at the login. People have it as two PEM files, as one PEM file with
both parts, or as a PKCS#12 file (``.pfx``, ``.p12``). Whatever is wrong with it is said here, before Betfair
answers CERT_AUTH_REQUIRED and nothing else.

Source: "Non-Interactive (bot) login".
"""

import os
import secrets
import ssl
import stat
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from betflow.betfair.secrets import Secret
from betflow.errors import ConfigurationError
from betflow.storage.files import write_private_file

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PKCS12_ENDINGS = frozenset({".pfx", ".p12"})


class CertificateFormat(StrEnum):
    """How a certificate and its key are kept."""

    PEM_PAIR = "two PEM files"
    PEM = "one PEM file"
    PKCS12 = "PKCS#12"


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """
    Where a certificate and its key are.

    Attributes:
        certificate: PEM, or PKCS#12 with everything.
        key: PEM; None where `certificate` has it.
        password: What the key is encrypted with, if it is.
    """

    certificate: Path
    key: Path | None = None
    password: Secret | None = None

    @property
    def holding_the_key(self) -> Path:
        """The file that nobody else may read."""
        return self.key or self.certificate


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """
    A certificate that was read and found good.

    Attributes:
        files: Where it came from.
        format: How it is kept there.
        subject: Who it names.
        not_before: Valid from, in milliseconds since 1970.
        not_after: Valid until, in milliseconds since 1970.
        fingerprint: SHA-256 of the certificate, which says whether two are the same.
    """

    files: CertificateFiles
    format: CertificateFormat
    subject: str
    not_before: int
    not_after: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Opened:
    """
    A certificate and its key, opened and not judged yet.

    Attributes:
        files: Where they came from.
        format: How they are kept there.
        certificate: The certificate.
        key: The private key.
    """

    files: CertificateFiles
    format: CertificateFormat
    certificate: x509.Certificate = field(repr=False)
    key: PrivateKeyTypes = field(repr=False)


def find_certificate(folder: Path, password: Secret | None = None) -> CertificateFiles | None:
    """
    Return the only certificate in a folder: ``.crt`` with ``.key``, else ``.pem``, ``.pfx`` or ``.p12``.

    Returns:
        None where the folder is not there, or has none.

    Raises:
        ConfigurationError: there are several, or a certificate without its key.
    """
    names = sorted(folder.iterdir()) if folder.is_dir() else []
    certificates = [each for each in names if each.suffix == ".crt"]
    keys = [each for each in names if each.suffix == ".key"]
    whole = [each for each in names if each.suffix in {".pem", *_PKCS12_ENDINGS}]
    if (len(certificates), len(keys)) == (1, 1):
        return CertificateFiles(certificates[0], keys[0], password)
    if not certificates and not keys and len(whole) <= 1:
        return CertificateFiles(whole[0], None, password) if whole else None
    found = ", ".join(each.name for each in [*certificates, *keys, *whole])
    raise ConfigurationError(
        f"{folder} does not say which certificate to use: it has {found}.",
        advice="Name the files: BETFAIR_CERT_CRT and BETFAIR_CERT_KEY, or BETFAIR_CERT_PATH.",
    )


def check_certificate(files: CertificateFiles, *, now_ms: int) -> ClientCertificate:
    """
    Read a certificate and its key, and see that Betfair could accept them.

    Raises:
        ConfigurationError: a file is not there, or others may read the key; it has another form than it
            should; the password is missing or wrong; the key is missing or belongs to another certificate;
            the certificate has expired or is not valid yet. Each with what to do.
    """
    check_privacy(files)
    opened = open_certificate(files)
    check_key(opened)
    certificate = described(opened)
    check_time(certificate, now_ms)
    return certificate


def check_privacy(files: CertificateFiles) -> None:
    """
    See that nobody else may read the key.

    Raises:
        ConfigurationError: others may, with the command that mends it.
    """
    path = files.holding_the_key
    if os.name != "posix" or not path.exists():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        raise ConfigurationError(
            f"{path} holds a private key, and others than you may read it (mode {mode:04o}).",
            advice=f"Run: chmod 600 {path}",
        )


def open_certificate(files: CertificateFiles) -> Opened:
    """
    Read a certificate and its key.

    Raises:
        ConfigurationError: a file is not there, or has another form than it should; the password is missing
            or wrong; the key is missing. Each with what to do.
    """
    certificate, key, form = _parts(files)
    return Opened(files, form, certificate, key)


def check_key(opened: Opened) -> None:
    """
    See that the key is the certificate's.

    Raises:
        ConfigurationError: it is not.
    """
    ours, theirs = (
        each.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for each in (opened.key.public_key(), opened.certificate.public_key())
    )
    if ours != theirs:
        raise ConfigurationError(
            f"The private key in {opened.files.holding_the_key} does not belong to the certificate in "
            f"{opened.files.certificate}.",
            advice="Name the key that the certificate was made with, or make both anew and upload the new "
            "certificate to your Betfair account.",
        )


def described(opened: Opened) -> ClientCertificate:
    """Return what a certificate says of itself."""
    certificate = opened.certificate
    return ClientCertificate(
        files=opened.files,
        format=opened.format,
        subject=certificate.subject.rfc4514_string(),
        not_before=_ms(certificate.not_valid_before_utc),
        not_after=_ms(certificate.not_valid_after_utc),
        fingerprint=certificate.fingerprint(SHA256()).hex(),
    )


def check_time(certificate: ClientCertificate, now_ms: int) -> None:
    """
    See that a certificate is valid at a time, in milliseconds since 1970.

    Raises:
        ConfigurationError: it has expired, or is not valid yet.
    """
    path = certificate.files.certificate
    if now_ms > certificate.not_after:
        raise ConfigurationError(
            f"The certificate in {path} expired on {_day(certificate.not_after)}.",
            advice="Make a new one and upload it to your Betfair account.",
        )
    if now_ms < certificate.not_before:
        raise ConfigurationError(
            f"The certificate in {path} is not valid before {_day(certificate.not_before)}.",
            advice="Is the clock of this machine right?",
        )


def present(certificate: ClientCertificate, context: ssl.SSLContext) -> None:
    """
    Let TLS present a certificate.

    The library that does TLS reads files only. What comes out of a PKCS#12 file therefore passes through a
    private file, encrypted with a password that exists only here, for as long as it is being read.
    """
    files = certificate.files
    if certificate.format is not CertificateFormat.PKCS12:
        context.load_cert_chain(files.certificate, files.key, _passphrase(files.password))
        return
    once = Secret(secrets.token_hex())
    with tempfile.TemporaryDirectory(prefix="betflow-") as folder:
        path = Path(folder) / "client"
        write_private_file(path, _pem_of_pkcs12(files, once))
        context.load_cert_chain(path, None, once.reveal)


def _passphrase(password: Secret | None) -> "ssl._PasswordType":
    """Return what TLS asks for a key; without it the library would ask at the terminal."""
    return (lambda: "") if password is None else password.reveal


def _parts(files: CertificateFiles) -> tuple[x509.Certificate, PrivateKeyTypes, CertificateFormat]:
    content = _read(files.certificate)
    if files.key is not None:
        certificate = _pem_certificate(content, files.certificate)
        return certificate, _pem_key(_read(files.key), files.key, files.password), CertificateFormat.PEM_PAIR
    if files.certificate.suffix.lower() in _PKCS12_ENDINGS or not _is_pem(content):
        _refuse_bare_der(content, files.certificate)
        certificate, key = _pkcs12(content, files)
        return certificate, key, CertificateFormat.PKCS12
    if b"PRIVATE KEY-----" not in content:
        raise ConfigurationError(
            f"{files.certificate} holds a certificate and no private key.",
            advice="Name the key as well (BETFAIR_CERT_KEY), or put both into one file: "
            "cat certificate.crt certificate.key > client.pem",
        )
    certificate = _pem_certificate(content, files.certificate)
    return certificate, _pem_key(content, files.certificate, files.password), CertificateFormat.PEM


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror
    raise ConfigurationError(
        f"{path} cannot be read: {reason}.",
        advice="Correct BETFAIR_CERT_CRT, BETFAIR_CERT_KEY or BETFAIR_CERT_PATH, or put the file there.",
    )


def _is_pem(content: bytes) -> bool:
    return b"-----BEGIN " in content


def _pem_certificate(content: bytes, path: Path) -> x509.Certificate:
    if not _is_pem(content):
        _refuse_bare_der(content, path)
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError:
        pass
    raise ConfigurationError(
        f"{path} is no certificate in PEM form.",
        advice="It has to begin with -----BEGIN CERTIFICATE-----; were certificate and key mixed up?",
    )


def _refuse_bare_der(content: bytes, path: Path) -> None:
    """Refuse a certificate in DER form, with the command that converts it."""
    try:
        x509.load_der_x509_certificate(content)
    except ValueError:
        return
    raise ConfigurationError(
        f"{path} is a certificate in DER form, and PEM is needed.",
        advice=f"Run: openssl x509 -inform der -in {path} -out {path.with_suffix('.pem')}",
    )


def _pem_key(content: bytes, path: Path, password: Secret | None) -> PrivateKeyTypes:
    encrypted = b"ENCRYPTED" in content
    if encrypted and password is None:
        raise ConfigurationError(
            f"The private key in {path} is encrypted, and no password is set.",
            advice="Set BETFAIR_CERT_PASSWORD in the environment or in .env.",
        )
    try:
        return load_pem_private_key(content, password.reveal().encode() if encrypted and password else None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        pass
    if encrypted:
        raise ConfigurationError(
            f"The private key in {path} cannot be opened with the password that is set.",
            advice="Correct BETFAIR_CERT_PASSWORD.",
        )
    raise ConfigurationError(
        f"{path} holds no private key in PEM form.",
        advice="It has to have a line that says BEGIN PRIVATE KEY; were certificate and key mixed up?"
        if _is_pem(content)
        else f"Run: openssl pkey -inform der -in {path} -out {path.with_suffix('.pem')}",
    )


def _pkcs12(content: bytes, files: CertificateFiles) -> tuple[x509.Certificate, PrivateKeyTypes]:
    key: PrivateKeyTypes | None = None
    certificate: x509.Certificate | None = None
    opened = False
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(
            content, files.password.reveal().encode() if files.password else None
        )
        opened = True
    except (ValueError, UnsupportedAlgorithm):
        pass
    if not opened:
        raise ConfigurationError(
            f"{files.certificate} cannot be opened: it is no PKCS#12 file, or the password is "
            f"{'wrong' if files.password else 'missing'}.",
            advice="Set BETFAIR_CERT_PASSWORD to the password of the file.",
        )
    if key is None or certificate is None:
        raise ConfigurationError(
            f"{files.certificate} lacks {'the private key' if key is None else 'the certificate'}.",
            advice="Export it again, with certificate and private key.",
        )
    return certificate, key


def _pem_of_pkcs12(files: CertificateFiles, password: Secret) -> bytes:
    certificate, key = _pkcs12(_read(files.certificate), files)
    return certificate.public_bytes(Encoding.PEM) + key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.reveal().encode())
    )


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _day(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d}"
