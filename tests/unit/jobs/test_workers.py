"""Tasks are done side by side; their results arrive, whatever becomes of a worker."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

import counting
from betflow.errors import UsageError
from betflow.jobs.workers import Report, WorkerDiedError, Workers, in_order, work
from counting import count_up, die, fail, leave, name_process

LONG_ENOUGH_S = 30
TASKS = [3, 0, 5, 1]
EXPECTED = [(task, list(range(number))) for task, number in enumerate(TASKS)]


def collected(reports: Iterator[Report[int]]) -> list[tuple[int, list[int]]]:
    """Return the results of each task, in the order in which the tasks ended."""
    held: dict[int, list[int]] = {}
    ended = []
    for report in reports:
        held.setdefault(report.task, [])
        if report.result is None:
            ended.append((report.task, held[report.task]))
        else:
            held[report.task].append(report.result)
    return ended


@pytest.mark.parametrize("workers", [1, 2])
def test_results_are_those_of_one_worker(workers: int) -> None:
    """In order, the results are the same with one worker and with several."""
    with closing(work(TASKS, count_up, workers=workers)) as reports:
        assert EXPECTED == collected(in_order(reports))


def test_results_are_put_in_order() -> None:
    """A task's results wait for the tasks before it, and those of the current task pass at once."""
    arriving = [Report(1, 10), Report(0, 1), Report(1), Report(0, 2), Report(2, 20), Report(0), Report(2)]

    ordered = [(each.task, each.result) for each in in_order(arriving)]

    assert [(0, 1), (0, 2), (0, None), (1, 10), (1, None), (2, 20), (2, None)] == ordered


@pytest.mark.parametrize("workers", [1, 2])
def test_error_of_a_task_is_its_last_report(workers: int) -> None:
    """A task that raises one of betflow's errors ends with it; the others are done."""
    with closing(work([1, 2], fail, workers=workers)) as reports:
        errors = {report.task: report.error for report in reports if report.result is None}

    assert {0, 1} == errors.keys()
    assert all(isinstance(error, UsageError) for error in errors.values())
    assert "Give another." == getattr(errors[0], "advice", None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not kill by signal")
def test_killed_worker_costs_its_task_only() -> None:
    """When a worker is killed, its task is reported as lost, and another worker does the rest."""
    with closing(work([2, -1, 3, 4, 5], die, workers=2)) as reports:
        ended = {report.task: report.error for report in reports if report.result is None}

    assert {0, 1, 2, 3, 4} == ended.keys()
    lost = [task for task, error in ended.items() if error is not None]
    assert [1] == lost
    assert isinstance(ended[1], WorkerDiedError)
    assert str(int(signal.SIGKILL)) in str(ended[1])
    assert "Was memory short?" == ended[1].advice


def test_consumer_that_stops_leaves_no_process() -> None:
    """Closing the reports ends the workers."""
    reports = work([1000] * 4, count_up, workers=2)
    next(reports)
    reports.close()

    assert [] == children()


def test_processes_are_there_for_the_next_round() -> None:
    """Rounds of tasks are done by the same processes, which end with the block."""
    with Workers() as processes:
        rounds = [
            {report.result for report in processes.work([1, 1], name_process, workers=2) if report.result}
            for _ in range(2)
        ]

        assert rounds[0] == rounds[1] == set(children())
    assert [] == children()


def test_round_that_is_left_costs_its_processes_only() -> None:
    """A process in the middle of a task that nobody waits for any more is not there for the next round."""
    with Workers() as processes:
        reports = processes.work([1000] * 2, count_up, workers=2)
        next(reports)
        reports.close()

        assert EXPECTED == collected(in_order(processes.work(TASKS, count_up, workers=2)))


def children() -> list[int]:
    """Return the worker processes of this one that live."""
    return [child.pid or 0 for child in multiprocessing.active_children()]


def test_worker_that_leaves_costs_its_task_only() -> None:
    """A worker that ends by itself in the middle of a task costs that task."""
    with closing(work([2, -1, 3, 4], leave, workers=2)) as reports:
        ended = {report.task: report.error for report in reports if report.result is None}

    assert [1] == [task for task, error in ended.items() if error is not None]
    assert {0, 1, 2, 3} == ended.keys()
    assert "a worker process ended with code 3 in the middle of it." == str(ended[1])


def test_worker_that_dies_between_tasks_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that cannot be handed to a dead worker is done by another."""
    send = Connection.send
    sent: list[object] = []

    def send_or_break(connection: Connection, task: object) -> None:
        sent.append(task)
        if len(sent) == 3:
            raise BrokenPipeError
        send(connection, task)

    monkeypatch.setattr(Connection, "send", send_or_break)
    with closing(work([1] * 4, count_up, workers=2)) as reports:
        ended = {report.task: report.error for report in reports if report.result is None}

    assert dict.fromkeys(range(4)) == ended


_WITHOUT_END = """
from betflow.jobs.workers import work
from counting import stay
for report in work([1, 2], stay, workers=2):
    print(report.result, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not kill by signal")
def test_workers_end_with_their_parent_however_it_ends() -> None:
    """When the parent is killed, workers in the middle of a task end too."""
    environment = {**os.environ, "PYTHONPATH": str(Path(counting.__file__).parent)}
    parent = subprocess.Popen([sys.executable, "-c", _WITHOUT_END], stdout=subprocess.PIPE, env=environment)
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]

    parent.kill()

    try:  # the pipe is open for as long as a worker lives
        output, _ = parent.communicate(timeout=LONG_ENOUGH_S)
        assert b"" == output
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
