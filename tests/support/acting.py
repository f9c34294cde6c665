"""Markets in memory for strategies to play, and strategies that do what a test tells them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from betflow.exchange.matching.orders import OrderEvent
from betflow.exchange.runner_book import RunnerBook
from betflow.trading import Engine, Latency, Market, Played, PlayedMarket, Strategy
from betflow.trading.strategy import Instruction, Instructions
from betflow.wire.betting import PlaceInstruction
from betflow.wire.stream import MarketChangeMessage
from changes import defined, message

LINE_BYTES = 100


@dataclass(frozen=True)
class Place:
    """Where a message stands."""

    line: int
    offset: int


class Recorded:
    """Messages as a source: message n stands in line n, a hundred bytes behind the one before."""

    def __init__(self, messages: Iterable[MarketChangeMessage], label: str = "tape") -> None:
        self._messages = list(messages)
        self._taken = 0
        self.label = label

    def messages(self) -> Iterator[MarketChangeMessage]:
        """Yield all messages."""
        for number, each in enumerate(self._messages, start=1):
            self._taken = number
            yield each

    @property
    def position(self) -> Place:
        """Where the latest one stands."""
        return Place(self._taken, (self._taken - 1) * LINE_BYTES)


def opened(pt: int, *, market: str = "1.1", **fields: Any) -> MarketChangeMessage:  # noqa: ANN401 - whatever a definition has
    """Return the message that defines a market; *fields* as in `changes.defined`."""
    return message({"id": market, "marketDefinition": defined(**fields), "img": True}, pt=pt)


def redefined(pt: int, *, market: str = "1.1", **fields: Any) -> MarketChangeMessage:  # noqa: ANN401 - likewise
    """Return a message with a market's next definition."""
    return message({"id": market, "marketDefinition": defined(**fields)}, pt=pt)


def won(pt: int, winner: int = 1, *, market: str = "1.1", **fields: Any) -> MarketChangeMessage:  # noqa: ANN401 - likewise
    """Return the message that closes a market of runners 1 and 2 with a result."""
    runners = [{"id": each, "status": "WINNER" if each == winner else "LOSER"} for each in (1, 2)]
    closing = {"status": "CLOSED", "runners": runners, "version": 9, **fields}
    return redefined(pt, market=market, **closing)


def priced(
    pt: int,
    back: tuple[float, float] | None = None,
    lay: tuple[float, float] | None = None,
    *,
    market: str = "1.1",
    selection_id: int = 1,
    **ladders: list[tuple[float, float]],
) -> MarketChangeMessage:
    """Return a message with a price and size to back and one to lay, or with ladders as in JSON."""
    change: dict[str, Any] = {"id": selection_id, **ladders}
    if back is not None:
        change["atb"] = [back]
    if lay is not None:
        change["atl"] = [lay]
    return message({"id": market, "rc": [change]}, pt=pt)


Act = Callable[[Market], Instructions]


class Does(Strategy):
    """Calls what it was given; what is asked for once is asked for at the first change with a price."""

    name = "does"

    def __init__(
        self,
        once: Act | None = None,
        *,
        on_book: Act | None = None,
        on_open: Act | None = None,
        on_time: Act | None = None,
        on_event: Callable[[Market, OrderEvent], Instructions] | None = None,
        name: str = "does",
    ) -> None:
        self.name = name
        self.events: list[OrderEvent] = []
        self.closed: list[str] = []
        self._once = once
        self._on_book = on_book
        self._on_open = on_open
        self._on_time = on_time
        self._on_event = on_event

    def on_open(self, market: Market) -> Instructions:
        """Open."""
        return self._on_open(market) if self._on_open else None

    def on_book(self, market: Market) -> Iterator[Instruction]:
        """Do it once, at the first change after the definition; and each time."""
        if self._once is not None and market.book.change is not None and market.book.change.rc:
            once, self._once = self._once, None
            yield from once(market) or ()
        if self._on_book is not None:
            yield from self._on_book(market) or ()

    def on_time(self, market: Market) -> Instructions:
        """Wake up."""
        return self._on_time(market) if self._on_time else None

    def on_event(self, market: Market, event: OrderEvent) -> Instructions:
        """Remember it."""
        self.events.append(event)
        return self._on_event(market, event) if self._on_event else None

    def on_close(self, market: Market) -> None:
        """Remember it."""
        self.closed.append(market.market_id)


FIFTH_OF_A_SECOND = Latency(place=200, cancel=200, update=200, replace=200)


def play(*messages: MarketChangeMessage, strategy: Strategy, latency: Latency = FIFTH_OF_A_SECOND) -> Played:
    """Play a strategy over messages; what it asks for takes 200 ms."""
    return Engine([strategy], latency=latency).run([Recorded(messages)])


def the_market(played: Played) -> PlayedMarket:
    """Return the only market that was played."""
    (market,) = played.markets.values()
    return market


def runner(market: Market, selection_id: int = 1) -> RunnerBook:
    """Return a runner of a market."""
    book = market.book.runner(selection_id)
    assert book is not None
    return book


def back(market: Market, price: float = 2.0, size: float = 10.0) -> PlaceInstruction:
    """Back runner 1."""
    return market.back(runner(market), price, size)


def lay(market: Market, price: float = 2.0, size: float = 10.0) -> PlaceInstruction:
    """Lay runner 1."""
    return market.lay(runner(market), price, size)
