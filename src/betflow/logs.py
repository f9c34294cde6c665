"""
Logs for operators, on stderr: for people on a terminal, one JSON object a line elsewhere.

Never local variables: both of structlog's exception formats print them unless told not to, and a local may
be a password. So everybody logs through `log`, and structlog itself is not configured. It takes longer to
import than most commands to run, and is imported for the first line that is written.
"""

import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger, Processor

_SERIOUSNESS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class _Log:
    """Where lines go; one for the process."""

    def __init__(self) -> None:
        self._level = "warning"
        self._stream: TextIO | None = None
        self._logger: FilteringBoundLogger | None = None

    def configure(self, level: str, stream: TextIO) -> None:
        self._level, self._stream, self._logger = level, stream, None

    def write(self, level: str, event: str, facts: dict[str, object]) -> None:
        if _SERIOUSNESS[level] < _SERIOUSNESS[self._level]:
            return
        if self._logger is None:
            self._logger = _logger(self._stream or sys.stderr)
        self._logger.log(_SERIOUSNESS[level], event, **facts)


_LOG = _Log()


def configure_logs(*, level: str, stream: TextIO) -> None:
    """Send to a stream what is logged from now on, from *level* (debug, info, warning, error) upwards."""
    _LOG.configure(level, stream)


def log(level: str, event: str, **facts: object) -> None:
    """
    Write a line, unless it is less serious than what was asked for.

    Args:
        level: debug, info, warning or error.
        event: Stable dotted name for programs, e.g. ``run.finished``.
        facts: What is to be known; ``exc_info`` is an exception, whose traceback is written.
    """
    _LOG.write(level, event, facts)


def _logger(stream: TextIO) -> "FilteringBoundLogger":
    import structlog  # noqa: PLC0415 - see above
    from structlog.tracebacks import ExceptionDictTransformer  # noqa: PLC0415

    output: list[Processor]
    if stream.isatty():
        output = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    else:
        tracebacks = ExceptionDictTransformer(show_locals=False)
        output = [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *output,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_SERIOUSNESS["debug"]),
    )
    return logger
