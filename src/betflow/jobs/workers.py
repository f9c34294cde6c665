"""
Processes that do tasks side by side and report as they go.

A worker that dies (out of memory, killed) costs its task, not the run; when this process ends, however it
ends, the workers end too.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final, Generic, Self, TypeVar

from betflow.collecting import collecting_seldom
from betflow.errors import BetflowError

Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 2
"""Tasks that a worker has in hand, so that it does not wait while the parent is busy; one towards the end."""

_KILLED: Final = 9
"""SIGKILL, which Windows does not know."""

_context = multiprocessing.get_context("spawn")  # forking a process that has threads is not safe


class WorkerDiedError(BetflowError):
    """A worker process ended in the middle of a task."""


@dataclass(frozen=True, slots=True)
class Report(Generic[Result]):
    """
    What a task brought.

    Attributes:
        task: Which task, by its place in the sequence.
        result: One of its results, None at its end.
        error: What ended it before its time: `WorkerDiedError`, or what it raised.
    """

    task: int
    result: Result | None = None
    error: BetflowError | None = None


def in_order(reports: Iterable[Report[Result]]) -> Iterator[Report[Result]]:
    """Hold reports back until all of the tasks before theirs have ended."""
    held: dict[int, list[Report[Result]]] = {}
    current = 0
    for report in reports:
        held.setdefault(report.task, []).append(report)
        while current in held:
            ready = held.pop(current)
            yield from ready
            if ready[-1].result is not None:
                break
            current += 1


def work(
    tasks: Sequence[Task], do: Callable[[Task], Iterable[Result]], *, workers: int
) -> Generator[Report[Result]]:
    """Do tasks with processes that end with them; see `Workers.work`."""
    with Workers() as processes:
        yield from processes.work(tasks, do, workers=workers)


class Workers:
    """
    Processes for several rounds of tasks: started when they are first needed, ended with the block.

    What a process has imported for one round is there for the next.
    """

    def __init__(self) -> None:
        self._idle: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        _end(self._idle)

    def work(
        self, tasks: Sequence[Task], do: Callable[[Task], Iterable[Result]], *, workers: int
    ) -> Generator[Report[Result]]:
        """
        Do tasks, and yield what each brings as it comes; last comes a report without a result.

        Args:
            tasks: They and the results travel between processes.
            do: Does a task; a module's function. It may raise betflow's errors; any other is a defect.
            workers: How many processes; with 1 the work is done here and in order.
        """
        if workers == 1:
            return _work_here(tasks, do)
        return _Round(tasks, do, workers, self._idle).reports()


def _work_here(tasks: Sequence[Task], do: Callable[[Task], Iterable[Result]]) -> Generator[Report[Result]]:
    for number, task in enumerate(tasks):
        try:
            for result in do(task):
                yield Report(number, result)
        except BetflowError as error:
            yield Report(number, error=error)
        else:
            yield Report(number)


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    in_hand: deque[int] = field(default_factory=deque)


class _Round(Generic[Task, Result]):
    """Tasks on their way through processes; those that are idle are used first, and left idle at the end."""

    def __init__(
        self,
        tasks: Sequence[Task],
        do: Callable[[Task], Iterable[Result]],
        workers: int,
        idle: list[_Worker],
    ) -> None:
        self._tasks = tasks
        self._do = do
        self._waiting = deque(range(len(tasks)))
        self._workers: list[_Worker] = []
        self._number = min(workers, len(tasks))
        self._idle = idle

    def reports(self) -> Generator[Report[Result]]:
        try:
            for _ in range(self._number):
                self._engage()
            while self._workers:
                by_connection = {worker.connection: worker for worker in self._workers}
                for ready in wait(list(by_connection)):
                    yield from self._receive(by_connection[ready])  # type: ignore[index]  # one of those given
        finally:
            _end(self._workers)

    def _engage(self) -> None:
        """Give tasks to a process that is idle, or to a new one."""
        worker = self._idle.pop() if self._idle else _start()
        self._workers.append(worker)
        self._feed(worker)
        if self._waiting and not worker.in_hand:
            # It is dead. That costs a task, so that this comes to an end if all processes die.
            worker.in_hand.append(self._waiting.popleft())

    def _feed(self, worker: _Worker) -> None:
        ahead = _AHEAD if len(self._waiting) > _AHEAD * self._number else 1
        while self._waiting and len(worker.in_hand) < ahead:
            number = self._waiting[0]
            try:
                worker.connection.send((number, self._do, self._tasks[number]))
            except OSError:
                return  # it died; this task waits for another worker
            worker.in_hand.append(self._waiting.popleft())

    def _receive(self, worker: _Worker) -> Iterator[Report[Result]]:
        try:
            report: Report[Result] = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._bury(worker)
            return
        if report.result is None:
            worker.in_hand.remove(report.task)
            self._feed(worker)
            if not worker.in_hand and not self._waiting:
                self._workers.remove(worker)
                self._idle.append(worker)
            elif not worker.in_hand:
                self._replace(worker)
        yield report

    def _replace(self, worker: _Worker) -> None:
        """Let a dead worker go, and start another if there is anything left to do."""
        worker.connection.close()
        worker.process.join()
        self._workers.remove(worker)
        if self._waiting:
            self._engage()

    def _bury(self, worker: _Worker) -> Iterator[Report[Result]]:
        """Give up the task that a worker died of, and start another worker for the rest."""
        lost, *untouched = worker.in_hand
        self._waiting.extendleft(reversed(untouched))
        self._replace(worker)
        code = worker.process.exitcode or 0
        how = f"ended with code {code}" if code >= 0 else f"was killed by signal {-code}"
        # The system kills so where there is no memory left; nothing else that ends a process hints at that.
        advice = "Was memory short?" if code == -_KILLED else ""
        error = WorkerDiedError(f"a worker process {how} in the middle of it.", advice=advice)
        yield Report(lost, error=error)


def _start() -> _Worker:
    here, there = _context.Pipe()
    process = _context.Process(target=_serve, args=(there,), daemon=True)
    # Ctrl-C reaches every process of the terminal; the parent decides what it means.
    with _interrupts_ignored():
        process.start()
    there.close()
    return _Worker(process, here)


def _end(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.process.kill()
    for worker in workers:
        worker.process.join()
        worker.connection.close()


def _serve(connection: Connection) -> None:
    """Do tasks until there are no more."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with collecting_seldom():
        while True:
            try:
                number, do, task = connection.recv()
            except EOFError:
                return
            try:
                for result in do(task):
                    connection.send(Report(number, result))
            except BetflowError as error:
                connection.send(Report(number, error=error))
            else:
                connection.send(Report(number))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _interrupts_ignored:  # noqa: N801 - reads as what it does
    """Let a process that starts in the block inherit that Ctrl-C is not for it."""

    def __enter__(self) -> None:
        self._is_main = threading.current_thread() is threading.main_thread()
        if self._is_main:
            self._before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *_error: object) -> None:
        if self._is_main:
            signal.signal(signal.SIGINT, self._before)
