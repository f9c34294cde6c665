"""The sandbox's stream without a network: an exchange that publishes what a test says, and clients."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.order_books import OrderBooks
from betflow.sandbox.faults import FaultRule, Faults
from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.sessions import Caller
from betflow.sandbox.streaming.connection import Connection
from betflow.sandbox.streaming.doorway import Doorway
from betflow.sandbox.streaming.limits import StreamLimits
from betflow.sandbox.streaming.subscribing import Subscriber
from betflow.sandbox.truth import Truth
from betflow.wire.enums import ServiceErrorCode
from betflow.wire.stream import (
    MarketChange,
    MarketChangeMessage,
    MarketDefinition,
    OrderChangeMessage,
    OrderMarketChange,
    RunnerChange,
    RunnerDefinition,
    StreamMessage,
    decode,
)

APP_KEY, DELAYED_KEY = "live-app-key-123", "late-app-key-123"
TOKEN = "session-token"  # noqa: S105 - of an exchange that is made up
BEGINS = 1_700_000_000_000
DELAY_MS = 60_000

Message = TypeVar("Message", bound=StreamMessage)


class PublishedExchange:
    """An exchange that publishes what a test says, when it says; see `streaming.subscribing.Exchange`."""

    def __init__(self, *markets: MarketChange) -> None:
        self.now = BEGINS
        self._live, self._late = MarketBooks(), MarketBooks()
        self._waiting: deque[tuple[int, MarketChange]] = deque()
        self.on_market: list[Callable[[MarketBook], None]] = []
        self.on_delayed_market: list[Callable[[MarketBook], None]] = []
        self.on_orders: list[Callable[[str, OrderMarketChange], None]] = []
        self.orders: dict[str, list[OrderMarketChange]] = {}
        for change in markets:
            self.publish(change)
        self.pass_time(DELAY_MS)

    @property
    def delayed_now(self) -> int:
        """The time of what the delayed books show."""
        return self.now - DELAY_MS

    @property
    def books(self) -> Mapping[str, MarketBook]:
        """The markets as they stand."""
        return self._live.books

    @property
    def delayed_books(self) -> Mapping[str, MarketBook]:
        """The markets as they stood a while ago."""
        return self._late.books

    def publish(self, *changes: MarketChange, after: int = 0) -> None:
        """Publish changes, so many milliseconds later."""
        self.pass_time(after)
        for change in changes:
            self._waiting.append((self.now, change))
            _fold(self._live, change, self.now, self.on_market)

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass."""
        self.now += milliseconds
        while self._waiting and self._waiting[0][0] <= self.delayed_now:
            at, change = self._waiting.popleft()
            _fold(self._late, change, at, self.on_delayed_market)

    def change_orders(self, change: OrderMarketChange, account: str = "sandbox") -> None:
        """Publish a change of an account's orders."""
        for listener in self.on_orders:
            listener(account, change)

    def order_image(self, account: str) -> list[OrderMarketChange]:
        """Return what a test says."""
        return self.orders.get(account, [])


def _fold(
    books: MarketBooks, change: MarketChange, at: int, listeners: Iterable[Callable[[MarketBook], None]]
) -> None:
    for book in books.fold((MarketChangeMessage(pt=at, mc=[change]),)):
        for listener in listeners:
            listener(book)


class Callers:
    """Two app keys and one session."""

    def __init__(self) -> None:
        self._expired: set[str] = set()

    def expire(self, token: str) -> None:
        """End a session."""
        self._expired.add(token)

    def caller(self, app_key: str, token: str) -> Caller:
        """Return who it is."""
        if not app_key:
            raise ServiceRefusal(ServiceErrorCode.NO_APP_KEY)
        if app_key not in (APP_KEY, DELAYED_KEY):
            raise ServiceRefusal(ServiceErrorCode.INVALID_APP_KEY)
        if not token:
            raise ServiceRefusal(ServiceErrorCode.NO_SESSION)
        if token != TOKEN or token in self._expired:
            raise ServiceRefusal(ServiceErrorCode.INVALID_SESSION_INFORMATION)
        return Caller("sandbox", app_key, is_delayed=app_key == DELAYED_KEY)


class Stream:
    """
    A stream, and how to connect to it.

    Attributes:
        exchange: What it streams.
        now: Real time, in seconds.
    """

    def __init__(
        self,
        exchange: PublishedExchange,
        *rules: FaultRule,
        limits: StreamLimits | None = None,
        truth: Truth | None = None,
    ) -> None:
        self.exchange = exchange
        self.now = 1000.0
        self._limits = limits or StreamLimits()
        self._faults = Faults(rules)
        self._truth = truth or Truth(None, now=lambda: exchange.now)
        self._doorway = Doorway(Callers(), self._limits)
        self._subscriber = Subscriber(exchange, self._limits, nonce="test")

    def connect(self) -> "Client":
        """Make a connection."""
        return Client(
            self,
            Connection(
                doorway=self._doorway,
                subscriber=self._subscriber,
                faults=self._faults,
                truth=self._truth,
                limits=self._limits,
                published_at=self.exchange.now,
                now=self.now,
            ),
        )

    def client(self, app_key: str = APP_KEY) -> "Client":
        """Make a connection and authenticate; what came until then is read."""
        client = self.connect()
        client.says(op="authentication", id=1, appKey=app_key, session=TOKEN)
        client.reads()
        return client


class Client:
    """
    A client of the stream.

    Attributes:
        connection: The server's side of it.
        writes: Everything that was written to it, each write on its own.
    """

    def __init__(self, stream: Stream, connection: Connection) -> None:
        self._stream = stream
        self.connection = connection
        self.writes: list[bytes] = []
        self._read = 0

    def sends(self, data: bytes) -> None:
        """Send bytes."""
        self.connection.receive(data, self._stream.now)
        while self.connection.is_asked:
            self.connection.answer(self._stream.now)

    def says(self, **request: Any) -> None:  # noqa: ANN401 - as in JSON
        """Send a request."""
        self.sends(msgspec.json.encode(request) + b"\r\n")

    def turn(self, *, is_writable: bool = True) -> None:
        """Let the server's loop turn once."""
        self.connection.turn(self._stream.now, is_writable=is_writable)

    def reads(self, *, is_writable: bool = True) -> list[bytes]:
        """Return the lines that came since the last time, after one turn of the server's loop."""
        self.turn(is_writable=is_writable)
        writes = self.connection.take(self._stream.now)
        self.writes += writes
        return b"".join(writes).splitlines(keepends=True)

    def gets(self, *, is_writable: bool = True) -> list[dict[str, Any]]:
        """Return the same as JSON."""
        return [msgspec.json.decode(line) for line in self.reads(is_writable=is_writable)]


def subscription(fields: Iterable[str] | None = None, *market_ids: str, **others: Any) -> dict[str, Any]:  # noqa: ANN401 - as in JSON
    """Return a market subscription."""
    data_filter: dict[str, Any] = {} if fields is None else {"fields": list(fields)}
    if "ladderLevels" in others:
        data_filter["ladderLevels"] = others.pop("ladderLevels")
    return {
        "op": "marketSubscription",
        "id": 2,
        "marketFilter": {"marketIds": list(market_ids)} if market_ids else {},
        "marketDataFilter": data_filter,
        **others,
    }


def folded_markets(lines: Iterable[bytes], books: MarketBooks | None = None) -> MarketBooks:
    """Fold the market messages among lines."""
    books = books or MarketBooks()
    for line in lines:
        message = decode(line)
        if isinstance(message, MarketChangeMessage):
            books.apply(message)
    return books


def folded_orders(lines: Iterable[bytes], books: OrderBooks | None = None) -> OrderBooks:
    """Fold the order messages among lines."""
    books = books or OrderBooks()
    for line in lines:
        message = decode(line)
        if isinstance(message, OrderChangeMessage):
            books.apply(message)
    return books


def market(market_id: str = "1.1", *runners: RunnerChange, **definition: Any) -> MarketChange:  # noqa: ANN401 - any field
    """Return a market's first image."""
    usual = MarketDefinition(
        status="OPEN",
        version=1,
        event_type_id="7",
        market_type="WIN",
        runners=[RunnerDefinition(id=each, status="ACTIVE", sort_priority=each) for each in (11, 12)],
    )
    return MarketChange(
        id=market_id,
        img=True,
        tv=0.0,
        market_definition=msgspec.structs.replace(usual, **definition),
        rc=list(runners) or None,
    )
