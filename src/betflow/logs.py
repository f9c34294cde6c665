"""
Logs for operators, on stderr: for people on a terminal, one JSON object a line elsewhere.

Never local variables: both of structlog's exception formats print them unless told not to, and a local may
be a password.
"""

from typing import TYPE_CHECKING, TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer

if TYPE_CHECKING:
    from structlog.typing import Processor


def configure_logs(*, level: str, stream: TextIO) -> None:
    """Send to a stream what is logged from now on, from *level* (debug, info, warning, error) upwards."""
    output: list[Processor]
    if stream.isatty():
        output = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    else:
        tracebacks = ExceptionDictTransformer(show_locals=False)
        output = [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *output,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
