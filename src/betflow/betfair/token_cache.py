"""
The session of an account, shared by all processes of a user through a private file.

Ten jobs that start in the same minute make one login: the first that has the lock logs in, the others find
its session. A file that is damaged, or that others may read, is no session; the next login replaces it.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from betflow.betfair.secrets import Secret
from betflow.errors import StorageError
from betflow.storage.files import make_private_folder, replace_private_file
from betflow.storage.locks import exclusive

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class SessionToken:
    """
    What proves that we are logged in.

    Attributes:
        token: Goes into the header ``X-Authentication``.
        renewed_ms: The login, or the latest keepAlive: from then on it lives.
        restriction: Why the account may not bet, where Betfair said so at the login (LIMITED_ACCESS).
    """

    token: Secret
    renewed_ms: int
    restriction: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """
    What processes know together.

    Attributes:
        session: The session, if there is one.
        logins_ms: When logins were tried, the latest last; enough of them to see that they are too many.
    """

    session: SessionToken | None = None
    logins_ms: tuple[int, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of the file."""

    token: str | None
    renewed_ms: int
    restriction: str
    logins_ms: tuple[int, ...]

    def __repr__(self) -> str:
        return f"_File(renewed_ms={self.renewed_ms})"


class TokenCache:
    """
    The file of one account.

    Args:
        folder: Where the files of all accounts are; made, private, where it is missing.
        account: What tells this account, and where it logs in, from others. Never shows in a name.
    """

    def __init__(self, folder: Path, *account: str) -> None:
        name = hashlib.sha256("\n".join(account).encode()).hexdigest()[:16]
        self.path = folder / f"{name}.json"
        self._lock = folder / f"{name}.lock"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """
        Keep other processes and threads away from the session for a block.

        Raises:
            StorageError: the folder cannot be written to.
        """
        try:
            make_private_folder(self.path.parent)
            lock = exclusive(self._lock)
            lock.__enter__()
        except OSError as error:
            raise self._refusal(error) from None
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def read(self) -> Stored:
        """Return what is known; nothing where the file is missing, damaged, or was open to others."""
        try:
            is_open = os.name == "posix" and stat.S_IMODE(self.path.stat().st_mode) & _OTHERS
            content = b"" if is_open else self.path.read_bytes()
            file = msgspec.json.decode(content, type=_File)
        except (OSError, msgspec.DecodeError):
            return Stored()
        session = SessionToken(Secret(file.token), file.renewed_ms, file.restriction) if file.token else None
        return Stored(session, file.logins_ms)

    def write(self, stored: Stored) -> None:
        """
        Replace what is known, all at once: a reader sees the old or the new.

        Raises:
            StorageError: the folder cannot be written to.
        """
        session = stored.session
        try:
            replace_private_file(
                self.path,
                msgspec.json.encode(
                    _File(
                        session.token.reveal() if session else None,
                        session.renewed_ms if session else 0,
                        session.restriction if session else "",
                        stored.logins_ms,
                    )
                ),
            )
        except OSError as error:
            raise self._refusal(error) from None

    def _refusal(self, error: OSError) -> StorageError:
        return StorageError(
            f"The session cannot be kept in {self.path.parent}: {error.strerror}.",
            advice="Make the folder writable for you, or choose another data folder (--data-dir).",
        )
