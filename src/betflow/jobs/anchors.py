"""
Anchors: where the journal ended at a moment, kept outside the data folder.

Whoever can write to the data folder can take all of it back to an earlier state, ledger and records together,
and nothing in it tells. A file elsewhere does. It has a line of JSON for each anchor, the oldest first::

    {"time":"2026-03-01T22:00:00.000Z","entries":412,"head":"9f86d081…"}

``entries`` is the place of the last entry then, ``head`` its hash.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from betflow.errors import Finding, StorageError, UsageError
from betflow.jobs.clock import iso
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.ledger.journal import Head, Journal
from betflow.storage.streams import descriptor, is_stream, readable

_HASH = 64
_LONGEST_LINE = 10_000


class Anchor(msgspec.Struct, frozen=True):
    """
    Where the journal ended.

    Attributes:
        time: When, ISO 8601 in UTC.
        entries: The place of the last entry.
        head: Its hash, sha256 in hexadecimal.
    """

    time: str
    entries: int
    head: str


@dataclass(frozen=True, slots=True)
class AnchorRequest:
    """Where the anchor goes: to the end of a file, or to a stream."""

    output: Path


def anchor(request: AnchorRequest, context: RunContext) -> Outcome:
    """
    Append where the journal ends now to a file.

    Raises:
        StorageError: the file cannot be written.
        UsageError: it is in the data folder, where it proves nothing.
    """
    path = request.output
    if not is_stream(path) and path.resolve().is_relative_to(context.data_dir.resolve()):
        raise UsageError(
            f"{path} is in the data folder, so whoever takes the folder back takes it back as well.",
            advice="Name a file elsewhere: on another disk, in a git repository, in a synchronised folder.",
        )
    head = Journal(context.ledger).head()
    made = Anchor(iso(context.clock()), head.seq, head.hash)
    try:
        _append(path, msgspec.json.encode(made) + b"\n")
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror}.", advice="Name another file."
        ) from error
    return Outcome(data={"anchor": msgspec.to_builtins(made), "output": str(path)})


def read_anchors(path: Path) -> tuple[Sequence[Head], tuple[Finding, ...]]:
    """
    Return the anchors of a file, and what is wrong with its lines: one is left out, the others count.

    Raises:
        StorageError: the file cannot be read.
        UsageError: no line of it is an anchor.
    """
    heads: list[Head] = []
    findings: list[Finding] = []
    try:
        with readable(path).open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), start=1):
                head = _head(line)
                if head is not None:
                    heads.append(head)
                elif line.strip():
                    message = f"line {number} is no anchor and is left out; a crash may have cut it off."
                    findings.append(Finding("audit.anchor-unreadable", str(path), message, {"line": number}))
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read: {error.strerror}.",
            advice="Name the file that 'betflow audit anchor' wrote.",
        ) from error
    if not heads:
        raise UsageError(f"{path} has no anchor.", advice="Name the file that 'betflow audit anchor' wrote.")
    return heads, tuple(findings)


def _head(line: bytes) -> Head | None:
    try:
        read = msgspec.json.decode(line, type=Anchor)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    is_hash = len(read.head) == _HASH and not set(read.head) - set("0123456789abcdef")
    return Head(read.entries, read.head) if read.entries > 0 and is_hash else None


def _append(path: Path, line: bytes) -> None:
    """Append a line and bring it to the disk; a line that a crash cut off before it is ended first."""
    number = descriptor(path)
    if number is not None:
        os.write(number, line)
        return
    handle = os.open(path, os.O_APPEND | os.O_CREAT | os.O_RDWR, 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        is_regular = not is_stream(path)
        size = os.fstat(handle).st_size if is_regular else 0
        if size and os.pread(handle, 1, size - 1) != b"\n":
            line = b"\n" + line
        file.write(line)
        if is_regular:
            os.fsync(handle)
