"""
One market in Betfair's historic data format, as the readers of that format want it.

Some readers refuse what the format does not have, so a line holds nothing else: ``op, clk, pt, mc``, and of
a runner its prices, volumes and starting price. Where a tape has the best prices by level only, they are
written as prices, which the format does have.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from betflow.exchange.book import MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.snapshot import json_ready
from betflow.tape.reader import Tape
from betflow.wire.stream import MarketDefinition, RunnerChange

_RUNNER_FIELDS = ("atb", "atl", "trd", "spb", "spl", "spn", "spf", "ltp", "tv")
_NOT_IN_FORMAT = frozenset(
    {"betDelayModels", "competitionId", "competitionName", "keyLineDefinition", "raceType", "suspendReason"}
)

_encode = msgspec.json.encode
_Ladder = dict[float, float]


def official_lines(tape: Tape, market_id: str) -> Iterator[bytes]:
    """Yield the lines of one market of a tape, with their line ends."""
    writer = _Writer()
    for number, book in enumerate(tape, 1):
        if book.market_id == market_id:
            clk = tape.message.clk if tape.message else None
            # Some recorders do not keep the clock, and the readers want one.
            yield writer.line(book, clk=str(number if clk is None else clk))


class _Writer:
    def __init__(self) -> None:
        # What was written of the ladders that are made from levels, by runner and side.
        self._written: dict[tuple[int, float, str], _Ladder] = {}

    def line(self, book: MarketBook, *, clk: str) -> bytes:
        change = book.change
        if change is None:
            raise ValueError(f"the book of {book.market_id} has no change")
        if change.img:
            self._written.clear()
        market: dict[str, Any] = {"id": change.id}
        if change.market_definition is not None:
            market["marketDefinition"] = _definition(change.market_definition)
        if change.rc is not None:
            market["rc"] = [self._runner(book, runner) for runner in change.rc]
        if change.con is not None:
            market["con"] = change.con
        if change.img is not None:
            market["img"] = change.img
        if change.tv is not None:
            market["tv"] = change.tv
        return _encode({"op": "mcm", "clk": clk, "pt": book.publish_time, "mc": [market]}) + b"\n"

    def _runner(self, book: MarketBook, change: RunnerChange) -> dict[str, Any]:
        fields: dict[str, Any] = {"id": change.id}
        if change.hc:
            fields["hc"] = change.hc
        for name in _RUNNER_FIELDS:
            value = getattr(change, name)
            if value is not None:
                fields[name] = json_ready(value) if isinstance(value, float) else value
        runner = book.runner(change.id, change.hc or 0.0)
        if runner is not None:
            fields.update(self._levels_as_prices(runner, change))
        return fields

    def _levels_as_prices(self, runner: RunnerBook, change: RunnerChange) -> Iterator[tuple[str, Any]]:
        if (change.batb or change.bdatb) and not runner.available_to_back and change.atb is None:
            yield "atb", self._difference(runner, "atb", dict(runner.back_ladder))
        if (change.batl or change.bdatl) and not runner.available_to_lay and change.atl is None:
            yield "atl", self._difference(runner, "atl", dict(runner.lay_ladder))

    def _difference(self, runner: RunnerBook, side: str, ladder: _Ladder) -> list[tuple[float, float]]:
        key = (runner.selection_id, runner.handicap, side)
        before, self._written[key] = self._written.get(key, {}), ladder
        gone = [(price, 0.0) for price in before if price not in ladder]
        return gone + [(price, size) for price, size in ladder.items() if before.get(price) != size]


def _definition(definition: MarketDefinition) -> dict[str, Any]:
    fields = _present(json_ready(definition))
    fields["runners"] = [_present(runner) for runner in fields.get("runners", [])]
    return {name: value for name, value in fields.items() if name not in _NOT_IN_FORMAT}


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
