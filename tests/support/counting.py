"""Tasks for workers: functions of a module, because a process that is started anew has to find them."""

import os
import signal
import threading
from collections.abc import Iterator

from betflow.errors import UsageError


def count_up(number: int) -> Iterator[int]:
    """Yield the numbers below a number."""
    yield from range(number)


def fail(number: int) -> Iterator[int]:
    """Yield one result, then raise."""
    yield number
    raise UsageError(f"{number} is no good.", advice="Give another.")


def die(number: int) -> Iterator[int]:
    """Yield one result; a negative number kills the process."""
    if number < 0:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    yield number


def name_process(_number: int) -> Iterator[int]:
    """Yield the number of the process."""
    yield os.getpid()


def stay(_number: int) -> Iterator[int]:
    """Yield the number of the process, and never come to an end."""
    yield os.getpid()
    threading.Event().wait()


def leave(number: int) -> Iterator[int]:
    """Yield one result; a negative number ends the process with a code."""
    if number < 0:
        os._exit(3)
    yield number
