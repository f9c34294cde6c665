"""
What a job returns, and the envelope that carries it to people, programs and the record.

A job returns an `Outcome`; `envelope` turns it into the versioned JSON that ``--json`` prints and that the
run's record keeps. The keys of the envelope are a promise to programs: a change needs another `SCHEMA`.
"""

import hashlib
import os
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from betflow.errors import BetflowError, ExitCode, Finding
from betflow.jobs.plain import plain

SCHEMA = "betflow/1"
_BLOCK_BYTES = 1 << 20


class Status(StrEnum):
    """How a run ended, in one word."""

    OK = "ok"
    FINDINGS = "findings"
    """Done, and something is worth a look."""
    FAILED = "failed"
    """Not done: the finding ``error.…`` says why."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file as it was when it was hashed; *path* is absolute."""

    path: str
    sha256: str
    bytes: int


def artifact_of(path: Path | str) -> Artifact:
    """Hash a file, in blocks so that its size does not matter."""
    sha256, size = hashlib.sha256(), 0
    with open(path, "rb") as file:  # noqa: PTH123 - takes both kinds of path
        while block := file.read(_BLOCK_BYTES):
            sha256.update(block)
            size += len(block)
    return Artifact(path=os.path.abspath(path), sha256=sha256.hexdigest(), bytes=size)  # noqa: PTH100 - keeps links


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What came of a job.

    Attributes:
        data: The answer, in JSON types (paths, enums, dates and dataclasses are written as text or objects).
        findings: What went wrong on the way, in the order it was met.
        artifacts: Files that the job wrote.
        inputs: Files that the job read, as they were then.
        exit_code: Only where it differs from what the findings say.
        is_failure: The job was not done.
    """

    data: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    inputs: tuple[Artifact, ...] = ()
    exit_code: ExitCode | None = None
    is_failure: bool = False

    @property
    def status(self) -> Status:
        """The word for it."""
        if self.is_failure:
            return Status.FAILED
        return Status.FINDINGS if self.findings else Status.OK

    @property
    def code(self) -> ExitCode:
        """The process's exit code."""
        if self.exit_code is not None:
            return self.exit_code
        return ExitCode.FINDINGS if self.findings or self.is_failure else ExitCode.OK


def failure(error: BetflowError, *, subject: str) -> Outcome:
    """Return the outcome of a job that ended in one of betflow's own errors."""
    finding = Finding(f"error.{error_name(error)}", subject, str(error), error.where)
    return Outcome(findings=(finding,), exit_code=error.exit_code, is_failure=True)


def error_name(error: BetflowError) -> str:
    """Name an error for programs: ``NotFoundError`` is ``not-found``."""
    words = re.findall(r"[A-Z][a-z0-9]*", type(error).__name__.removesuffix("Error"))
    return "-".join(words).lower()


def envelope(
    outcome: Outcome, *, command: str, run_id: str | None, started: str, finished: str
) -> dict[str, Any]:
    """
    Wrap an outcome for programs; *started* and *finished* are ISO 8601 in UTC with milliseconds.

    *run_id* is None only where no run could begin: after a usage error, or without a place to write it down.
    """
    return {
        "schema": SCHEMA,
        "command": command,
        "run_id": run_id,
        "status": str(outcome.status),
        "started": started,
        "finished": finished,
        "data": plain(outcome.data),
        "findings": plain(outcome.findings),
        "artifacts": plain(outcome.artifacts),
    }
