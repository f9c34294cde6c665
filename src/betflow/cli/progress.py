"""How far long work is: a bar on a terminal, one line a minute elsewhere; always on stderr."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from betflow.jobs.runs import Progress

LINE_INTERVAL_S = 60.0


def progress_on(stream: TextIO) -> "Progress":
    """Choose how progress is shown on a stream."""
    return BarProgress(stream) if stream.isatty() else LineProgress(stream)


class BarProgress:
    """A bar with counts, speed and the time that is left."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bars: Bars | None = None
        self._task: TaskID | None = None

    def start(self, label: str, *, total: int | None, unit: str) -> None:
        """Begin a task of *total* units, or of nobody knows how many."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.stop()
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *([] if total is None else [MofNCompleteColumn()]),
            TextColumn(f"{{task.completed:,.0f}} {unit}" if total is None else unit, markup=False),
            TimeRemainingColumn(),
            console=Console(file=self._stream),
            transient=True,
        )
        self._task = self._bars.add_task(label, total=total)
        self._bars.start()

    def advance(self, count: int = 1) -> None:
        """Say that *count* more units are done."""
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, count)

    def stop(self) -> None:
        """End the task, done or not, and take the bar away."""
        if self._bars is not None:
            self._bars.stop()
        self._bars = self._task = None


class LineProgress:
    """A line a minute, for logs and cron; work that takes less says nothing."""

    def __init__(self, stream: TextIO, *, elapsed_s: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._elapsed_s = elapsed_s
        self._label, self._unit = "", ""
        self._total: int | None = None
        self._done = 0
        self._due_s = 0.0

    def start(self, label: str, *, total: int | None, unit: str) -> None:
        """Begin a task of *total* units, or of nobody knows how many."""
        self._label, self._unit, self._total = label, unit, total
        self._done = 0
        self._due_s = self._elapsed_s() + LINE_INTERVAL_S

    def advance(self, count: int = 1) -> None:
        """Say that *count* more units are done."""
        self._done += count
        if self._elapsed_s() < self._due_s:
            return
        self._due_s = self._elapsed_s() + LINE_INTERVAL_S
        of_total = f" of {self._total:,}" if self._total is not None else ""
        self._stream.write(f"{self._label}: {self._done:,}{of_total} {self._unit}\n")
        self._stream.flush()

    def stop(self) -> None:
        """End the task, done or not."""
        self._due_s = float("inf")
