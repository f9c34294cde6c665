"""A client certificate is read in every form that people have it in, and what is wrong with it is said."""

import os
import ssl
from pathlib import Path

import pytest
import trustme

from betflow.betfair.certificates import (
    CertificateFiles,
    CertificateFormat,
    check_certificate,
    find_certificate,
)
from betflow.betfair.secrets import Secret
from betflow.betfair.tls import verified_context
from betflow.betfair.transport import HttpRequest, Reply, Transport
from betflow.errors import ConfigurationError
from certificates import NOW_MS, certificate_pem, der, issue, key_pem, pfx, private
from loopback import loopback, replies

PASSWORD = "s3cret-passphrase"  # noqa: S105 - planted, to see that it does not come out


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Return an authority for client certificates."""
    return trustme.CA()


def files(folder: Path, leaf: trustme.LeafCert, form: str, password: str | None) -> CertificateFiles:
    """Write a certificate and its key in one of the forms."""
    secret = None if password is None else Secret(password)
    match form:
        case "pair":
            (folder / "client.crt").write_bytes(certificate_pem(leaf))
            key = private(folder / "client.key", key_pem(leaf, password))
            return CertificateFiles(folder / "client.crt", key, secret)
        case "pem":
            content = certificate_pem(leaf) + key_pem(leaf, password)
            return CertificateFiles(private(folder / "client.pem", content), None, secret)
        case "key first":
            content = key_pem(leaf, password) + certificate_pem(leaf)
            return CertificateFiles(private(folder / "client.pem", content), None, secret)
    return CertificateFiles(private(folder / f"client{form}", pfx(leaf, password)), None, secret)


@pytest.mark.parametrize("password", [None, PASSWORD], ids=["open", "encrypted"])
@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ("pair", CertificateFormat.PEM_PAIR),
        ("pem", CertificateFormat.PEM),
        ("key first", CertificateFormat.PEM),
        (".pfx", CertificateFormat.PKCS12),
        (".p12", CertificateFormat.PKCS12),
        (".bin", CertificateFormat.PKCS12),
    ],
)
def test_every_form_is_presented(
    tmp_path: Path, form: str, kept: CertificateFormat, password: str | None
) -> None:
    """A certificate in any form, encrypted or not, arrives at a server that asks for it."""
    with loopback(tmp_path, replies(b"{}")) as server:
        checked = check_certificate(files(tmp_path, issue(server.authority), form, password), now_ms=NOW_MS)
        context = verified_context(authority=server.authority_file, certificate=checked)
        transport = Transport(context)
        reply = transport.exchange(HttpRequest(server.url, {}))
        transport.close()

    assert isinstance(reply, Reply)
    assert (kept, [True]) == (checked.format, [each.certificate for each in server.received])


def test_nothing_of_a_pkcs12_file_stays_behind(
    tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of a PKCS#12 file is on the disk only while it is read, and encrypted."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    seen: list[bytes] = []

    class Watching(ssl.SSLContext):
        def load_cert_chain(self, certfile, keyfile=None, password=None) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
            seen.append(Path(certfile).read_bytes())
            super().load_cert_chain(certfile, keyfile, password)

    monkeypatch.setattr("ssl.create_default_context", lambda: Watching(ssl.PROTOCOL_TLS_CLIENT))
    checked = check_certificate(files(tmp_path, issue(authority), ".pfx", PASSWORD), now_ms=NOW_MS)
    verified_context(certificate=checked)

    assert [True] == [b"ENCRYPTED PRIVATE" in each for each in seen]
    assert [] == list(folder.iterdir())


def refusal(certificate: CertificateFiles, now_ms: int = NOW_MS) -> str:
    """Return what is said about a certificate that cannot be used."""
    with pytest.raises(ConfigurationError) as error:
        check_certificate(certificate, now_ms=now_ms)
    assert (None, None) == (error.value.__cause__, error.value.__context__)
    assert PASSWORD not in str(error.value)
    return str(error.value)


@pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o622])
@pytest.mark.parametrize("form", ["pair", "pem", ".pfx"])
def test_a_key_that_others_may_read_is_refused(
    tmp_path: Path, authority: trustme.CA, form: str, mode: int
) -> None:
    """A key that anybody else may read or write is refused, with the command that mends it."""
    certificate = files(tmp_path, issue(authority), form, None)
    certificate.holding_the_key.chmod(mode)

    said = refusal(certificate)

    assert f"(mode {mode:04o})" in said
    assert said.endswith(f"Run: chmod 600 {certificate.holding_the_key}")


def test_files_that_are_not_there(tmp_path: Path, authority: trustme.CA) -> None:
    """A file that is not there is named, with the settings that name files."""
    pair = files(tmp_path, issue(authority), "pair", None)
    pair.certificate.unlink()

    assert "client.crt cannot be read: No such file" in refusal(pair)
    assert "BETFAIR_CERT_PATH" in refusal(CertificateFiles(tmp_path / "nowhere.pem"))


def test_der_is_refused_with_the_command_that_converts_it(tmp_path: Path, authority: trustme.CA) -> None:
    """A certificate in DER form is refused, alone or beside its key."""
    leaf = issue(authority)
    path = private(tmp_path / "client.crt", der(leaf))
    key = private(tmp_path / "client.key", key_pem(leaf))

    command = f"Run: openssl x509 -inform der -in {path} -out {path.with_suffix('.pem')}"
    assert refusal(CertificateFiles(path, key)).endswith(command)
    assert refusal(CertificateFiles(path)).endswith(command)


def test_a_missing_key_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    """A certificate alone is refused, with the command that puts both into one file."""
    path = private(tmp_path / "client.pem", certificate_pem(issue(authority)))

    assert "cat certificate.crt certificate.key > client.pem" in refusal(CertificateFiles(path))


def test_mixed_up_files_are_refused(tmp_path: Path, authority: trustme.CA) -> None:
    """Key and certificate in each other's place are refused as such."""
    pair = files(tmp_path, issue(authority), "pair", None)
    pair.certificate.chmod(0o600)
    assert pair.key is not None

    assert "mixed up" in refusal(CertificateFiles(pair.key, pair.certificate))
    assert "holds no private key" in refusal(CertificateFiles(pair.certificate, pair.certificate))


def test_a_key_of_another_certificate_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    """A key that does not belong to the certificate is refused."""
    pair = files(tmp_path, issue(authority), "pair", None)
    (tmp_path / "client.key").write_bytes(key_pem(issue(authority)))

    assert "does not belong to the certificate" in refusal(pair)


@pytest.mark.parametrize("form", ["pair", "pem", ".pfx"])
def test_a_password_that_is_missing_or_wrong_is_refused(
    tmp_path: Path, authority: trustme.CA, form: str
) -> None:
    """A key that cannot be opened is refused, naming the setting, and never what was tried."""
    encrypted = files(tmp_path, issue(authority), form, "another-passphrase")

    for password in (None, Secret(PASSWORD)):
        said = refusal(CertificateFiles(encrypted.certificate, encrypted.key, password))
        assert "BETFAIR_CERT_PASSWORD" in said


def test_a_certificate_that_has_expired_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    """Outside of its time a certificate is refused with the day."""
    expired = files(tmp_path, issue(authority, not_after="2026-02-01"), "pem", None)

    assert "expired on 2026-02-01" in refusal(expired)
    assert "not valid before 2020-01-01" in refusal(expired, now_ms=0)


def test_a_folder_with_one_certificate_says_which(tmp_path: Path, authority: trustme.CA) -> None:
    """The only pair in a folder, or the only file with both, is the one to use."""
    leaf = issue(authority)
    assert find_certificate(tmp_path / "nowhere") is None
    assert find_certificate(tmp_path) is None

    pair = files(tmp_path, leaf, "pair", None)
    assert pair == find_certificate(tmp_path)

    (tmp_path / "other").mkdir()
    whole = files(tmp_path / "other", leaf, ".pfx", PASSWORD)
    assert whole == find_certificate(tmp_path / "other", Secret(PASSWORD))


@pytest.mark.parametrize("second", ["another.crt", "another.key", "another.pem"])
def test_a_folder_with_several_does_not(tmp_path: Path, authority: trustme.CA, second: str) -> None:
    """Where there is a choice betflow does not make it."""
    files(tmp_path, issue(authority), "pem" if second.endswith("pem") else "pair", None)
    (tmp_path / second).write_text("")

    with pytest.raises(ConfigurationError, match=f"does not say which certificate.*{second}"):
        find_certificate(tmp_path)


def test_a_secret_does_not_show() -> None:
    """A secret is masked in every way of printing, equal to its like, and cannot be written down."""
    secret = Secret(PASSWORD)

    assert PASSWORD not in f"{secret} {secret!r} {[secret]} {secret!s:>40}"
    assert {Secret(PASSWORD)} == {secret}
    with pytest.raises(TypeError):
        __import__("pickle").dumps(secret)
