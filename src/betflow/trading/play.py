"""
One run of strategies over sources: what `betflow.trading.engine.Engine.run` does.

The loop over messages is `Play._turn`; it costs next to nothing where nothing happens. Everything else runs
only when somebody asks for something, when the exchange answers, or when a moment comes that was asked for.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final

from betflow.errors import Finding, UsageError
from betflow.exchange.book import MarketBook
from betflow.exchange.matching.orders import EventKind, Order, OrderEvent
from betflow.exchange.matching.venue import Venue, VenueEvent
from betflow.trading.blame import raised
from betflow.trading.desk import Desk
from betflow.trading.market import Market
from betflow.trading.played import Played, Told
from betflow.trading.requests import Latency, request_of
from betflow.trading.risk import RiskHook
from betflow.trading.sources import Fallible, Reel, Source, Timer
from betflow.trading.strategy import Instructions, Refusal, Strategy
from betflow.trading.tables import News, Seat, Table
from betflow.wire.betting import CancelInstruction, CancelOrders, OrderRequest

_LATE: Final = 503
_REACTION_MS: Final = 1
"""An answer to an event takes so long at the least; without it, answers to answers would stop the time."""


@dataclass(order=True, slots=True)
class _Alarm:
    """A moment that a strategy asked for; of equal ones, the one first asked for."""

    at: int
    sequence: int
    seat: Seat = field(compare=False)


class Play(Timer):
    """
    Strategies at their tables.

    Args:
        strategies: Who decides.
        venue: The exchange; new.
        latency: How long instructions take.
        risk: What every instruction has to pass.
    """

    def __init__(
        self, strategies: Sequence[Strategy], venue: Venue, *, latency: Latency, risk: Sequence[RiskHook]
    ) -> None:
        super().__init__()
        self._strategies = strategies
        self._venue = venue
        self._desk = Desk(venue, latency=latency, risk=risk, expect=self._expect)
        self._played = Played()
        self._tables: dict[str, Table] = {}
        self._tables_of: dict[Reel, dict[str, Table]] = {}
        self._alarms: list[_Alarm] = []
        self._alarms_set = 0
        self._now = 0
        self._is_between_messages = False

    def run(self, sources: Sequence[Source]) -> Played:
        """Play all sources to their ends, in the order of publish time, of equal ones in the order given."""
        reels = [Reel(source, self) for source in sources]
        self._tables_of = {reel: {} for reel in reels}
        for reel in reels:
            if isinstance(reel.source, Fallible):
                reel.source.on_damage = partial(self._note_loss, reel)
        heads = [(reel.head.pt, index) for index, reel in enumerate(reels) if reel.head is not None]
        heapify(heads)
        while heads:
            _, index = heappop(heads)
            reel = reels[index]
            self._turn(reel, _stop(index, heads[0]) if heads else inf)
            if reel.head is not None:
                heappush(heads, (reel.head.pt, index))
        self.run_until(max((reel.latest for reel in reels), default=0) + 1)
        self._close()
        self._played.messages = sum(reel.messages for reel in reels)
        self._played.findings += [_went_back(reel) for reel in reels if reel.backwards]
        return self._played

    def run_until(self, moment: int) -> None:
        """Let requests arrive and alarms ring that are due before a moment, in the order of time."""
        self._is_between_messages = True
        while True:
            arrival = self._venue.due
            alarm = self._alarms[0].at if self._alarms else inf
            self.due = min(arrival, alarm)
            if self.due >= moment:
                break
            self._now = max(self._now, int(self.due))
            if arrival <= alarm:
                self._hear(self._venue.advance(int(arrival)))
            else:
                self._ring(heappop(self._alarms).seat)
        self._is_between_messages = False

    def _note_loss(self, reel: Reel) -> None:
        """Let what is matched from now on be doubted in the markets of a source that lost a message."""
        for market_id in self._tables_of[reel]:
            self._venue.note_loss(market_id)

    def _turn(self, reel: Reel, stop: float) -> None:  # noqa: C901 - one loop without calls: for every message
        """Play a source until a moment."""
        books, tables, apply = reel.books, self._tables_of[reel], self._venue.apply
        last: MarketBook | None = None
        table: Table | None = None
        for book in books.fold(reel.until(stop)):
            if book is not last:
                table = tables.get(book.market_id) or self._open(reel, book)
                last = book if table is not None else None
            if table is None or not table.seats:
                continue
            if table.is_followed or book.change is None or book.change.market_definition is not None:
                events = apply(book, late=books.status == _LATE)
                if events or table.pending:
                    table.keep_position()
                    if events:
                        self._hear(events)
            for seat in table.watching:
                seat.market.now = book.publish_time
                try:
                    asked = seat.on_book(seat.market)
                    requests = _requests(seat, asked) if asked else None
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # noqa: BLE001 - whatever a strategy does, the others go on
                    self._retire(seat, error)
                else:
                    if requests:
                        self._send(seat, requests)

    # Markets.

    def _open(self, reel: Reel, book: MarketBook) -> Table | None:
        """Ask who plays a market; None while it has no definition, so that nobody can say."""
        if book.definition is None:
            return None
        table = self._tables_of[reel][book.market_id] = Table(reel, book)
        first = self._tables.setdefault(book.market_id, table)
        if first is not table:
            self._played.findings.append(_brought_twice(book.market_id, first.reel.source, reel.source))
            return table
        table.keep_position()
        table.played.opened_at = book.publish_time
        table.seats = [seat for each in self._strategies if self._accepts(seat := self._seat(each, table))]
        if table.seats or table.played.findings:
            self._played.markets[book.market_id] = table.played
        for seat in table.seats:
            self._ask(seat, seat.strategy.on_open)
        table.watch()
        return table

    def _seat(self, strategy: Strategy, table: Table) -> Seat:
        def wake_at(moment: int) -> None:
            self._alarms_set += 1
            heappush(self._alarms, _Alarm(moment, self._alarms_set, seat))
            self._expect(table, moment)

        seat = Seat(strategy, Market(table.book, strategy=strategy.name, wake_at=wake_at), table)
        return seat

    def _accepts(self, seat: Seat) -> bool:
        try:
            return bool(seat.strategy.accepts(seat.market))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a strategy does, the others go on
            self._retire(seat, error)
            return False

    def _close(self) -> None:
        self._is_between_messages = True
        for table in self._tables.values():
            table.played.definition = self._venue.definition(table.book.market_id) or table.book.definition
            table.played.closed_at = table.book.publish_time
            table.played.removed_at = self._venue.removed_at(table.book.market_id)
            table.played.has_offers = self._venue.has_offers(table.book.market_id)
            if not table.played.has_offers and any(map(_rests, table.played.orders)):
                table.played.findings.append(_without_offers(table))
            for seat in table.seats:
                seat.market.now = max(seat.market.now, table.book.publish_time)
                self._ask(seat, seat.strategy.on_close)

    # Strategies.

    def _ask(
        self, seat: Seat, hook: Callable[..., Instructions], *more: OrderEvent, at_least: int = 0
    ) -> None:
        """Call a hook of a strategy, and send what it asks for."""
        if seat.is_retired:
            return
        try:
            requests = _requests(seat, hook(seat.market, *more))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a strategy does, the others go on
            self._retire(seat, error)
        else:
            self._send(seat, requests, at_least=at_least)

    def _send(self, seat: Seat, requests: Iterable[OrderRequest | Refusal], *, at_least: int = 0) -> None:
        """Send requests; what is refused before it leaves is in `Market.placements` at once."""
        self._now = max(self._now, seat.market.now)
        for request in requests:
            if not self._is_between_messages:
                seat.table.keep_position()
            for news in self._desk.send(seat, request, self._now, at_least=at_least):
                _record(news)

    def _hear(self, events: Iterable[VenueEvent]) -> None:
        """Tell strategies what happened to their orders."""
        for news in self._desk.news(events):
            _record(news)
            seat = news.seat
            seat.market.now = news.event.at
            if not seat.is_retired:
                self._ask(seat, seat.strategy.on_event, news.event, at_least=_REACTION_MS)
            elif news.placement is not None and news.event.kind is EventKind.ACCEPTED:
                self._send(seat, _cancels(seat, [news.placement.order]))

    def _ring(self, seat: Seat) -> None:
        seat.table.pending -= 1
        seat.market.now = self._now
        self._ask(seat, seat.strategy.on_time)

    def _expect(self, table: Table, moment: int) -> None:
        """Note that something will act between messages, on the message that is the latest then."""
        if not self._is_between_messages:
            table.keep_position()
        table.pending += 1
        table.is_followed = True
        self.due = min(self.due, moment)

    def _retire(self, seat: Seat, error: BaseException) -> None:
        """End a strategy in a market: it is not asked any more, and its open orders are cancelled."""
        market = seat.market
        seat.is_retired = True
        seat.table.watch()
        seat.table.played.findings.append(raised(seat.strategy, market.market_id, market.now, error))
        self._send(seat, _cancels(seat, market.orders))


def _stop(index: int, head: tuple[int, int]) -> int:
    """Return until when a source goes on: its index decides between messages of the same moment."""
    publish_time, other = head
    return publish_time if index < other else publish_time - 1


def _requests(seat: Seat, asked: Instructions) -> list[OrderRequest | Refusal]:
    """Return what a strategy asks for; raises what it raises while it yields."""
    market_id, name = seat.market.market_id, seat.strategy.name
    if asked is not None and not isinstance(asked, Iterable):
        raise UsageError(
            f"the strategy returned {asked!r}, and not a list of instructions.",
            advice="Return or yield what the market's methods give: back, lay, cancel, replace, update.",
        )
    return [request_of(each, market_id, name) for each in asked or ()]


def _cancels(seat: Seat, orders: Iterable[Order | None]) -> list[OrderRequest]:
    """Return requests to cancel what can be cancelled of orders."""
    return [
        CancelOrders(market_id=seat.market.market_id, instructions=(CancelInstruction(bet_id=order.bet_id),))
        for order in orders
        if order is not None and order.is_open and not order.is_on_close and not order.is_converted
    ]


def _record(news: News) -> None:
    placement = news.placement
    seat = news.seat
    strategy, ref = (placement.strategy, placement.ref) if placement else (seat.strategy.name, "")
    seat.table.played.told.append(Told(news.event, seat.table.evidence, strategy, ref))


def _went_back(reel: Reel) -> Finding:
    first = reel.first_backwards
    message = (
        f"{reel.backwards:,} of the messages were published before one that stands earlier. They were played "
        "as they stand, at the time that it was."
    )
    where: dict[str, int | str] = {"count": reel.backwards}
    if first is not None:
        where |= {"line": first.line, "offset": first.offset}
    return Finding("tape.time-backwards", reel.source.label, message, where)


def _rests(order: Order) -> bool:
    return not order.is_on_close


def _without_offers(table: Table) -> Finding:
    message = (
        f"The recording of market {table.book.market_id} has no offers (BASIC files have none), so no LIMIT "
        "order can be matched in it. Play it from an ADVANCED, PRO or self-recorded file; orders at the "
        "starting price play as they are."
    )
    where: dict[str, int | str] = {"market_id": table.book.market_id}
    return Finding("trading.no-offers", table.reel.source.label, message, where)


def _brought_twice(market_id: str, first: Source, second: Source) -> Finding:
    message = (
        f"Market {market_id} is in {first.label} too and is played from there; here it is left out. "
        "Give each market once."
    )
    return Finding("trading.market-twice", second.label, message, {"market_id": market_id})
