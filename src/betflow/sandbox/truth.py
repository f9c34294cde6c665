"""
The truth: a file of everything that the sandbox sent and of every fault, so that tests can compare.

One JSON object on a line, numbered (`n`), with the simulated time (`at`) and a `kind`:

- ``stream``: a line of the stream, whole (`line`, without its end), and its `connection`;
- ``answer``: of a call over HTTPS; its `operation`, `account`, HTTP `status`, and `bytes` and `sha256` of the
  body, which may hold secrets and is not there;
- ``fault``: its rule's number, the place, the subject, the number of the event, and what went wrong.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from betflow.errors import StorageError
from betflow.sandbox.faults import Strike
from betflow.storage.files import private_opener

_BUFFER_BYTES = 1 << 20


class Truth:
    """
    Writes down what was sent; without a file it does nothing, and costs nothing.

    Args:
        path: The file; it is made anew. None: nothing is written.
        now: The simulated time, epoch milliseconds.

    Raises:
        StorageError: the file cannot be made.
    """

    def __init__(self, path: Path | None, *, now: Callable[[], int]) -> None:
        self._now = now
        self._encoder = msgspec.json.Encoder()
        self.path = path
        self.lines = 0
        self._file = None
        if path is not None:
            try:
                self._file = open(path, "wb", buffering=_BUFFER_BYTES, opener=private_opener)  # noqa: SIM115 - it lives as long as the sandbox, and is private
            except OSError as error:
                raise StorageError(
                    f"{path} cannot be written: {error.strerror}.", advice="Name another file."
                ) from error

    @property
    def is_on(self) -> bool:
        """Whether anything is written; what costs much to say need not be said otherwise."""
        return self._file is not None

    def sent(self, connection: str, line: bytes) -> None:
        """Write down a line of the stream, as it went out."""
        if self._file is not None:
            self._write({"kind": "stream", "connection": connection, "line": _text(line)})

    def answered(self, operation: str, *, account: str, status: int, body: bytes) -> None:
        """Write down the answer to a call; of the body only what tells it from others."""
        if self._file is not None:
            digest = hashlib.sha256(body).hexdigest()
            self._write(
                {
                    "kind": "answer",
                    "operation": operation,
                    "account": account,
                    "status": status,
                    "bytes": len(body),
                    "sha256": digest,
                }
            )

    def struck(self, strike: Strike) -> None:
        """Write down a fault that happened."""
        if self._file is not None:
            self._write({"kind": "fault", **msgspec.to_builtins(strike)})

    def flush(self) -> None:
        """Bring to the file what was written down so far."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write nothing any more."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, fact: dict[str, Any]) -> None:
        assert self._file is not None  # noqa: S101 - for the type: whoever calls has looked
        self.lines += 1
        self._file.write(self._encoder.encode({"n": self.lines, "at": self._now(), **fact}))
        self._file.write(b"\n")


def _text(line: bytes) -> str:
    """Return a line without its end; bytes that are no text, which a fault may have made, as they look."""
    return line.rstrip(b"\r\n").decode("utf-8", errors="backslashreplace")
