"""Which line of a strategy raised."""

import sys
from types import TracebackType

from betflow.errors import Finding
from betflow.trading.strategy import Strategy


def raised(strategy: Strategy, market_id: str, now: int, error: Exception) -> Finding:
    """
    Return a finding that names the line of a strategy that raised.

    It is the deepest line of the modules that the strategy is written in, since an error in a library is
    mostly the caller's; where there is none, the deepest of all.
    """
    lines = list(_lines(error.__traceback__))
    own = _files(strategy)
    file, line = next((each for each in reversed(lines) if each[0] in own), lines[-1] if lines else ("", 0))
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    place = f" at {file}:{line}" if file else ""
    return Finding(
        "strategy.raised",
        market_id,
        f"Strategy {strategy.name} raised {what}{place}. It plays no further in this market; its open orders "
        "there are cancelled.",
        {"strategy": strategy.name, "file": file, "line": line, "publish_time": now},
    )


def _lines(traceback: TracebackType | None) -> list[tuple[str, int]]:
    lines: list[tuple[str, int]] = []
    while traceback is not None:
        lines.append((traceback.tb_frame.f_code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    return lines


def _files(strategy: Strategy) -> set[str]:
    """Return the files of the classes that the strategy is made of, but for the common one."""
    own = [each for each in type(strategy).__mro__ if issubclass(each, Strategy) and each is not Strategy]
    modules = [sys.modules.get(each.__module__) for each in own]
    return {file for module in modules if (file := getattr(module, "__file__", None))}
