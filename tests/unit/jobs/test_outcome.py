"""An outcome says its status and exit code, and travels in an envelope whose keys are a promise."""

import hashlib
from pathlib import Path

import pytest

from betflow import errors
from betflow.errors import (
    BetflowError,
    DamagedError,
    ExitCode,
    Finding,
    GatewayError,
    NotFoundError,
    Sent,
    UnknownOutcomeError,
)
from betflow.jobs.outcome import Outcome, Status, artifact_of, envelope, error_name, failure

FINDING = Finding("tape.line-damaged", "1.234.bz2", "line 7 is no JSON; it was skipped.", {"line": 7})


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (Status.OK, ExitCode.OK, Outcome()),
        (Status.FINDINGS, ExitCode.FINDINGS, Outcome(findings=(FINDING,))),
        (Status.FINDINGS, ExitCode.DAMAGED, Outcome(findings=(FINDING,), exit_code=ExitCode.DAMAGED)),
        (Status.FAILED, ExitCode.FINDINGS, Outcome(is_failure=True)),
        (Status.FAILED, ExitCode.USAGE, failure(NotFoundError("gone."), subject="tape show")),
    ],
)
def test_status_and_code_follow_from_the_findings(status: Status, code: ExitCode, outcome: Outcome) -> None:
    """Findings make the difference, unless the job says otherwise."""
    assert (status, code) == (outcome.status, outcome.code)


def test_failure_carries_the_advice() -> None:
    """An error becomes one finding with its name, and with what to do."""
    outcome = failure(NotFoundError("no market 1.2.", advice="Run backfill."), subject="tape show")

    assert (Finding("error.not-found", "tape show", "no market 1.2. Run backfill."),) == outcome.findings


def test_failed_call_says_how_far_it_got() -> None:
    """A program that sees a failed call can tell whether Betfair may have acted on it."""
    error = UnknownOutcomeError("?", operation="placeOrders", sent=Sent.UNKNOWN, ids={"marketId": "1.2"})
    (finding,) = failure(error, subject="bet").findings

    assert ("error.unknown-outcome", {"operation": "placeOrders", "sent": "unknown", "marketId": "1.2"}) == (
        finding.code,
        finding.where,
    )


def made(kind: type[BetflowError]) -> BetflowError:
    """Return an error of a kind."""
    return kind("", operation="", sent=Sent.UNKNOWN) if issubclass(kind, GatewayError) else kind("")


def test_every_error_has_a_name() -> None:
    """Each error of the tree has a name of its own for programs."""
    known = {
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, BetflowError)
    }
    names = {error_name(made(each)) for each in known - {BetflowError}}

    assert len(known) - 1 == len(names)
    assert "damaged" == error_name(DamagedError(""))


def test_envelope_has_exactly_these_keys() -> None:
    """The keys of the envelope and of a finding are those that programs were promised."""
    wrapped = envelope(
        Outcome({"path": Path("a")}, (FINDING,)), command="tape verify", run_id="r", started="s", finished="f"
    )

    assert {
        "schema": "betflow/1",
        "command": "tape verify",
        "run_id": "r",
        "status": "findings",
        "started": "s",
        "finished": "f",
        "data": {"path": "a"},
        "findings": [
            {
                "code": "tape.line-damaged",
                "subject": "1.234.bz2",
                "message": "line 7 is no JSON; it was skipped.",
                "where": {"line": 7},
            }
        ],
        "artifacts": [],
    } == wrapped


def test_artifact_is_hashed_in_blocks(tmp_path: Path) -> None:
    """A file longer than a block has the sha256 and the size of its whole content."""
    content = b"tape" * 300_000
    (tmp_path / "tape").write_bytes(content)

    artifact = artifact_of(tmp_path / "tape")

    assert (str(tmp_path / "tape"), hashlib.sha256(content).hexdigest(), 1_200_000) == (
        artifact.path,
        artifact.sha256,
        artifact.bytes,
    )
