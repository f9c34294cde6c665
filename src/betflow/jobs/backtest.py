"""
``betflow backtest``: strategies and orders played against recorded markets, settled, and written down.

Workers play groups of tapes (`betflow.jobs.backtest_play`); this process takes what they found in the order
of the groups, so that the results are the same bytes for any number of workers.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from betflow.errors import Finding
from betflow.jobs.backtest_answer import Answer
from betflow.jobs.backtest_page import page
from betflow.jobs.backtest_play import PlayTask, play
from betflow.jobs.backtest_request import BacktestRequest, Checked, checked, request_body
from betflow.jobs.backtest_results import Results, results_at
from betflow.jobs.backtest_survey import TapeChoice
from betflow.jobs.backtest_tapes import Plan, plan
from betflow.jobs.equity import equity_curve
from betflow.jobs.exports import written_whole
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.plain import plain
from betflow.jobs.processors import processors, size_of, worthwhile_workers
from betflow.jobs.runs import RunContext
from betflow.jobs.workers import Report, Workers, in_order
from betflow.ledger.backtests import FOLDER, results_path

__all__ = ["BacktestRequest", "backtest"]


def backtest(request: BacktestRequest, context: RunContext) -> Outcome:
    """
    Play a backtest; docs/reference/backtest.md says what is in its answer.

    Raises:
        UsageError: the request asks for something that cannot be.
        NotFoundError: there is no such strategy, path or market, or nothing that a query takes.
        ConfigurationError: an optional package is not installed.
        StorageError: the disk refuses.
    """
    with Workers() as processes:
        return _backtest(request, context, processes)


def _backtest(request: BacktestRequest, context: RunContext, processes: Workers) -> Outcome:
    started = context.clock()
    asked = checked(request, context.data_dir)
    planned = plan(
        asked.sources,
        context.data_dir,
        processes=processes,
        workers=request.workers or processors(),
        progress=context.progress,
    )
    workers = worthwhile_workers(request.workers, (sum(map(_size, group)) for group in planned.groups))
    answer = Answer(planned.findings)
    results_file = context.data_dir / results_path(context.run_id)
    with results_at(results_file, context) as results:
        _play_all(planned, asked, results, answer, context, processes=processes, workers=workers)
        answer.findings += results.again
        rest = answer.rest(asked.orders, asked.terms.assumptions, request_body(asked, request))
        result_hash = results.finish(rest)
    data = {
        "played": _played(request),
        "result_hash": result_hash,
        "results_file": str(results_file),
        **answer.data(rest),
        "skipped_files": [str(path) for path in planned.skipped],
        "workers": workers,
        "seconds": round((context.clock() - started) / 1000, 3),
        "plot": None if request.plot is None else str(request.plot),
        "html": None if request.html is None else str(request.html),
    }
    findings = tuple(answer.findings)
    written = [results_file, *_pictures(request, data, findings)]
    inputs = [artifact_of(path) for path in (request.orders, request.results) if path is not None]
    return Outcome(
        data=data,
        findings=findings,
        artifacts=tuple(map(artifact_of, written)),
        inputs=(*inputs, *answer.inputs(planned)),
    )


def _size(tape: TapeChoice) -> int:
    return tape.part.size if tape.part is not None else size_of(tape.path)


def _play_all(
    planned: Plan,
    asked: Checked,
    results: Results,
    answer: Answer,
    context: RunContext,
    *,
    processes: Workers,
    workers: int,
) -> None:
    """Play all groups, and take what they came to in their order."""
    context.progress.start("backtest", total=len(planned.groups), unit="groups of tapes")
    with tempfile.TemporaryDirectory(
        prefix=f".{context.run_id}.playing-", dir=context.data_dir / FOLDER
    ) as folder:
        tasks = list(_tasks(planned, asked, Path(folder), readahead=workers < processors()))
        with closing(processes.work(tasks, play, workers=workers)) as reports:
            for report in in_order(reports):
                if report.result is None:
                    answer.findings.extend(_lost(tasks[report.task], report))
                    context.progress.advance()
                    continue
                played = report.result
                for body, settled in results.take(played):
                    answer.add_market(body, settled)
                answer.add_tapes(played)
                played.markets.unlink()
    context.progress.stop()


def _tasks(planned: Plan, asked: Checked, folder: Path, *, readahead: bool) -> Iterator[PlayTask]:
    by_market = defaultdict(list)
    for order in asked.orders:
        by_market[order.market_id].append(order)
    # A tape may have more markets than its first messages tell: all may have those that nobody is known to.
    unknown = frozenset(by_market).difference(*planned.markets.values())
    for number, tapes in enumerate(planned.groups):
        known = frozenset().union(*(planned.markets[tape] for tape in tapes))
        orders = tuple(order for market_id in sorted(known | unknown) for order in by_market[market_id])
        yield PlayTask(number, tapes, orders, asked.terms, folder, readahead=readahead)


def _lost(task: PlayTask, report: Report[Any]) -> Iterator[Finding]:
    """Say which tapes a worker did not come to the end of."""
    if report.error is not None:
        for tape in task.tapes:
            yield Finding("backtest.not-played", tape.label, f"It was not played to its end: {report.error}")


def _played(request: BacktestRequest) -> str:
    orders = None if request.orders is None else f"orders of {request.orders.name}"
    return " and ".join(each for each in (request.strategy, orders) if each)


def _pictures(
    request: BacktestRequest, data: Mapping[str, Any], findings: tuple[Finding, ...]
) -> Iterator[Path]:
    """Draw and write what was asked for beside the results."""
    points = equity_curve(data["markets"])
    if request.plot is not None:
        from betflow.jobs.equity_plot import draw_equity  # noqa: PLC0415 - needs an extra

        draw_equity(
            request.plot, points, title=f"Backtest of {data['played']}", currency=data["request"]["currency"]
        )
        yield request.plot
    if request.html is not None:
        with written_whole(request.html) as part:
            part.write_text(page(data, points, plain(findings)), encoding="utf-8")
        yield request.html
