"""Logs are readable by their reader, and never hold local variables."""

import io
import json
import sys

import pytest

from betflow.logs import configure_logs, log

SECRET = "s3cret-in-a-local"  # noqa: S105 - planted, to see that it does not come out


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def fail() -> None:
    """Fail with a secret in a local variable."""
    password = SECRET
    raise ValueError("the login failed" if password else "")


@pytest.mark.parametrize("stream", [io.StringIO(), _Terminal()], ids=["file", "terminal"])
def test_locals_are_never_logged(stream: io.StringIO) -> None:
    """A traceback shows where it failed and not what was in the variables."""
    configure_logs(level="info", stream=stream)

    try:
        fail()
    except ValueError as error:
        log("error", "login.failed", exc_info=error)

    assert "the login failed" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_lines_are_json_where_nobody_looks() -> None:
    """Away from a terminal each event is one JSON object on a line, with its time in UTC."""
    stream = io.StringIO()
    configure_logs(level="info", stream=stream)

    log("info", "segment.closed", bytes=7)

    event = json.loads(stream.getvalue())
    assert ("segment.closed", "info", 7) == (event["event"], event["level"], event["bytes"])
    assert event["timestamp"].endswith("Z")


def test_less_serious_events_are_left_out() -> None:
    """Only what is as serious as the level is written."""
    stream = io.StringIO()
    configure_logs(level="warning", stream=stream)

    log("info", "segment.closed")

    assert not stream.getvalue()


def test_what_nobody_wants_to_see_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library that writes lines is imported for the first that is written."""
    configure_logs(level="error", stream=io.StringIO())
    monkeypatch.setitem(sys.modules, "structlog", None)

    log("warning", "segment.closed")
    with pytest.raises(ImportError):
        log("error", "segment.closed")
