"""
The results of a backtest on their way to the disk: a file whose hash is the result hash, and the journal.

The file is one canonical JSON document of everything but the run, the time of day and where files lie. It is
written market by market, in the order of the groups, so that memory does not grow with the number of markets:
its first key is ``markets``, and the others, which are known at the end, come behind it in the alphabet.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from betflow.errors import Finding
from betflow.jobs.backtest_play import PlayedTapes, played_markets
from betflow.jobs.exports import written_whole
from betflow.jobs.runs import RunContext
from betflow.ledger.backtests import BacktestKind, BacktestTables
from betflow.ledger.canonical import canonical_json
from betflow.storage.files import make_private_folder
from betflow.trading.results import MarketResults

SCHEMA: Final = "betflow-backtest/1"
_MOST_UNWRITTEN: Final = 50
_MOST_UNWRITTEN_SIZE: Final = 2 << 20
"""Markets, and characters of them, that wait for the journal; they bound memory."""
_KEYS_BEHIND_MARKETS: Final = ("request", "schema", "tapes", "totals", "unplaced")


class Results:
    """
    Takes what markets came to, in order, and writes it down.

    Use `results_at` to make one.

    Attributes:
        again: A finding for each market that a later tape brought again, beyond what its beginning told;
            such a market counts as it was played first.
    """

    def __init__(self, file: IO[bytes], context: RunContext) -> None:
        self._file = file
        self._context = context
        self._tables = BacktestTables(context.ledger)
        self._hash = hashlib.sha256()
        self._markets: dict[str, str] = {}
        self.again: list[Finding] = []
        self._unwritten: list[tuple[str, dict[str, Any]]] = []
        self._unwritten_size = 0
        self._write('{"markets":[')

    def take(self, played: PlayedTapes) -> Iterator[tuple[dict[str, Any], MarketResults]]:
        """Write the markets of a group; yield each as it was written and settled."""
        paths = {tape.name: tape.path for tape in played.tapes}
        names = " and ".join(paths)
        for line, results in played_markets(played.markets):
            if results.market_id in self._markets:
                self._note_again(results.market_id, names)
                continue
            self._write(("," if self._markets else "") + line)
            self._markets[results.market_id] = names
            body = msgspec.json.decode(line)
            self._unwritten.append((body["market"]["market_id"], _with_paths(body, paths)))
            self._unwritten_size += len(line)
            if len(self._unwritten) == _MOST_UNWRITTEN or self._unwritten_size >= _MOST_UNWRITTEN_SIZE:
                self._journal_markets()
            yield body, results

    def _note_again(self, market_id: str, names: str) -> None:
        first = self._markets[market_id]
        message = f"Market {market_id} counts as it was played from {first}, not from here again."
        self.again.append(Finding("backtest.market-again", names, message, {"market_id": market_id}))

    def finish(self, rest: Mapping[str, Any]) -> str:
        """
        Write what is known at the end, and return the result hash.

        Args:
            rest: Request, tapes, totals and the orders whose market was in no tape.
        """
        known = {**rest, "schema": SCHEMA}
        if tuple(sorted(known)) != _KEYS_BEHIND_MARKETS:
            raise ValueError(f"the results end with {_KEYS_BEHIND_MARKETS}, not with {sorted(known)}")
        self._write("]," + canonical_json(known).removeprefix("{"))
        result_hash = self._hash.hexdigest()
        with self._context.ledger.transaction():
            self._journal_markets()
            if rest["unplaced"]:
                self._journal(BacktestKind.UNPLACED, "backtest", {"orders": rest["unplaced"]})
            ended = {"result_hash": result_hash, "request": rest["request"], "totals": rest["totals"]}
            self._journal(BacktestKind.FINISHED, "backtest", ended)
        return result_hash

    def _journal_markets(self) -> None:
        """Write markets into the journal together: bringing each to the disk alone takes most of the time."""
        with self._context.ledger.transaction():
            for market_id, body in self._unwritten:
                self._journal(BacktestKind.MARKET, market_id, body)
        self._unwritten, self._unwritten_size = [], 0

    def _write(self, text: str) -> None:
        content = text.encode()
        self._hash.update(content)
        self._file.write(content)

    def _journal(self, kind: BacktestKind, subject: str, body: Mapping[str, Any]) -> None:
        self._tables.apply(self._context.record(kind, subject, body), body)


def _with_paths(body: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, Any]:
    """Say in the journal where the tapes lie, too."""
    return {**body, "tapes": [{**tape, "path": paths[tape["name"]]} for tape in body["tapes"]]}


@contextmanager
def results_at(path: Path, context: RunContext) -> Iterator[Results]:
    """Give the results to fill; the file appears, whole, at the end of the block."""
    make_private_folder(path.parent)
    with written_whole(path) as part, part.open("wb") as file:
        yield Results(file, context)
