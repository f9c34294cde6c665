"""How a market that is watched looks: a changing table on a terminal, a line for each change elsewhere."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import tzinfo
from typing import Any, Final, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from betflow.cli.figures import CURRENCY_OF_MARKETS, Moment, money, price
from betflow.cli.ladder import heading, rung_cells
from betflow.cli.screen import Screen, shown
from betflow.exchange.observed import ObservedMarket
from betflow.exchange.shape import best
from betflow.exchange.snapshot import PriceSize, RunnerSnapshot
from betflow.exchange.times import iso
from betflow.jobs.ladder import chosen, ladder_data
from betflow.jobs.ladder_watch import NobodyWatches, Watcher

_BACK: Final = "black on #a6d8ff"
_LAY: Final = "black on #fac9d1"
_AROUND: Final = 7
"""Lines of a terminal that are not rungs."""
_LEVELS: Final = (3, 2, 1)
"""How many prices of each side are shown of all runners: as many as there is room for."""
_UNLIMITED: Final = 10_000
_TOO_NARROW: Final = "This terminal is too narrow: name one with --runner."
_REFRESHES: Final = 8
"""A second."""


def watching(
    stream: TextIO, runner: str | None, *, is_silent: bool, zone: tzinfo | None = None
) -> AbstractContextManager[Watcher]:
    """Return who shows what happens, for a block: on a terminal, in lines, or not at all."""
    if is_silent:
        return nullcontext(NobodyWatches())
    if stream.isatty():
        return Grid(Console(file=stream), runner, zone=zone)
    return nullcontext(Lines(stream, zone=zone))


class Lines:
    """A line for each change of a runner that alters what the line says."""

    def __init__(self, stream: TextIO, *, zone: tzinfo | None = None) -> None:
        self._stream = stream
        self._screen = Screen(stream, zone=zone)
        self._stood: tuple[str | None, bool] | None = None
        self._lines: dict[tuple[int, float], str] = {}

    def changed(self, market: ObservedMarket, runners: Sequence[RunnerSnapshot]) -> None:
        """Write how the market stands, where that is new, and the runners that changed."""
        definition = market.definition
        stands = (definition.status, bool(definition.in_play))
        if stands != self._stood:
            self._stood = stands
            in_play = ", in play" if definition.in_play else ""
            self._screen.line(
                f"{self._screen.time(iso(market.moment))}  market is {definition.status}{in_play}"
            )
        for runner in runners:
            key, line = (runner.selection_id, runner.handicap), _line(runner)
            if line != self._lines.get(key):
                self._lines[key] = line
                self._screen.line(f"{self._screen.time(iso(market.moment))}  {line}")
        self._stream.flush()

    def told(self, text: str) -> None:
        """Write what happens on the line."""
        self._screen.line(text)
        self._stream.flush()


class Grid:
    """
    A table that changes: the ladder of the one runner that is watched, else the best prices of all.

    Use it as a context manager: what it draws goes away at the end.
    """

    def __init__(self, console: Console, runner: str | None, *, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._console = console
        self._runner = runner
        self._market: ObservedMarket | None = None
        self._text = "Connecting…"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        live = Live(
            console=self._console,
            get_renderable=self.drawn,
            refresh_per_second=_REFRESHES,
            transient=True,
        )
        self._stack.enter_context(live)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def changed(self, market: ObservedMarket, runners: Sequence[RunnerSnapshot]) -> None:  # noqa: ARG002 - all are drawn
        """Keep what there is to draw."""
        self._market, self._text = market, ""

    def told(self, text: str) -> None:
        """Keep what happens on the line."""
        self._text = text

    def drawn(self) -> RenderableType:
        """Return what the terminal shows just now."""
        market = self._market
        if market is None:
            return Text(self._text)
        parts: list[RenderableType] = [
            Text(shown(f"{_heading(market)} · {Moment(iso(market.moment)).written(self._zone)}"), "bold"),
            self._table(market),
        ]
        return Group(*parts, Text(shown(self._text)), Text("Ctrl-C ends.", "dim"))

    def _table(self, market: ObservedMarket) -> RenderableType:
        depth = max(2, (self._console.size.height - _AROUND) // 2)
        runners = ladder_data(market, self._runner, depth)["runners"]
        if len(runners) == 1:
            return Group(Text(shown(heading(runners[0]))), _ladder_table(runners[0]))
        tables = (_market_table(chosen(market, self._runner), levels) for levels in _LEVELS)
        return next(filter(self._fits, tables), Text(_TOO_NARROW))

    def _fits(self, table: Table) -> bool:
        unlimited = self._console.options.update(width=_UNLIMITED)
        return Measurement.get(self._console, unlimited, table).maximum <= self._console.width


def _ladder_table(runner: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("to back", "price", "to lay", "traded"):
        table.add_column(name, justify="right", no_wrap=True)
    for rung in runner["rungs"]:
        back, price, lay, traded, _ = (Text(shown(cell)) for cell in rung_cells(rung))
        if rung["is_best_back"]:
            back.stylize(_BACK)
        if rung["is_best_lay"]:
            lay.stylize(_LAY)
        if rung["is_last"]:
            price.stylize("bold reverse")
        table.add_row(back, price, lay, traded)
    return table


def _market_table(runners: Sequence[RunnerSnapshot], levels: int) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("runner", no_wrap=True)
    table.add_column("back", justify="right", no_wrap=True)
    table.add_column("lay", no_wrap=True)
    table.add_column("last", justify="right", no_wrap=True)
    for runner in runners:
        backs, lays = runner.available_to_back[:levels], runner.available_to_lay[:levels]
        table.add_row(
            Text(shown(_name(runner))),
            Text(" ".join(map(_offer, reversed(backs))), _BACK if backs else ""),
            Text(" ".join(map(_offer, lays)), _LAY if lays else ""),
            Text(shown(price(runner.last_price_traded))),
        )
    return table


def _heading(market: ObservedMarket) -> str:
    definition = market.definition
    names = ", ".join(part for part in (definition.event_name, definition.name) if part)
    stands = f"{definition.status}{', in play' if definition.in_play else ''}"
    matched = (
        ""
        if market.total_matched is None
        else f" · matched {money(market.total_matched, CURRENCY_OF_MARKETS)}"
    )
    return f"{names or market.market_id} · {stands}{matched}"


def _line(runner: RunnerSnapshot) -> str:
    back, lay = best(runner.available_to_back), best(runner.available_to_lay)
    parts = [_name(runner), f"back {_offer(back)}", f"lay {_offer(lay)}"]
    if runner.last_price_traded is not None:
        parts.append(f"last {price(runner.last_price_traded)}")
    if runner.total_matched is not None:
        parts.append(f"matched {money(runner.total_matched)}")
    return "  ".join(parts)


def _name(runner: RunnerSnapshot) -> str:
    line = f" {runner.handicap:+g}" if runner.handicap else ""
    return f"{runner.name or runner.selection_id}{line}"


def _offer(offer: PriceSize | None) -> str:
    return "-" if offer is None else f"{price(offer.price)}×{money(offer.size)}"
