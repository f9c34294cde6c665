"""Which line of a strategy raised."""

import sys
from collections.abc import Iterator
from types import FrameType, TracebackType

from betflow.errors import Finding
from betflow.trading.strategy import Strategy


def raised(strategy: Strategy, market_id: str, now: int, error: BaseException) -> Finding:
    """
    Return a finding that names the line where a strategy raised.

    It is the deepest line of the user's own code: neither of the standard library, nor of an installed
    package, nor of betflow, unless the strategy itself is part of it. An error in a library is mostly the
    caller's. Where none of them is the user's, what a hook returned is wrong: its own line is named.
    """
    file, line = next(reversed(list(_own_lines(strategy, error.__traceback__))), _definition(strategy))
    what = f"{type(error).__name__}: {error}".rstrip(".") if str(error) else type(error).__name__
    place = f" at {file}:{line}" if file else ""
    return Finding(
        "strategy.raised",
        market_id,
        f"Strategy {strategy.name} raised {what}{place}. It plays no further in this market; its open orders "
        "there are cancelled.",
        {"strategy": strategy.name, "file": file, "line": line, "publish_time": now},
    )


def _definition(strategy: Strategy) -> tuple[str, int]:
    """Return where the strategy says what to do with a book."""
    code = getattr(type(strategy).on_book, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else ("", 0)


def _own_lines(strategy: Strategy, traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    modules = {each.__module__ for each in type(strategy).__mro__ if each not in {Strategy, object}}
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__") in modules or not _is_of_a_library(frame):
            yield frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def _is_of_a_library(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    is_installed = "site-packages" in frame.f_code.co_filename
    return package == "betflow" or package in sys.stdlib_module_names or is_installed
