"""
What the sandbox allows: Betfair's limits, which a test may move, and what counts towards them.

Real time is what they count in, however fast the simulated time passes: it is clients that they hold back.

Source: "Market Data Request Limits", "Betting Exceptions", "listMarketBook", "Best Practice", "Login &
Session Management", "Application Keys".
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.enums import ServiceErrorCode

_SECOND_MS = 1000
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    The limits; the defaults are Betfair's.

    Attributes:
        session_lifetime_ms: How long a session lives after the login or the last keepAlive.
        logins_a_minute: The next one within the minute is banned.
        ban_ms: For so long.
        weight: The data that one call may ask for.
        ids: Bets and markets together that one call may name.
        book_calls_a_second: listMarketBook about one market.
        order_queries: Those about orders that may be under way at once.
        order_query_ms: How long such a query takes at least, so that several can be under way.
        instructions_a_second: Of all calls that change orders.
        place_instructions: In one placeOrders.
        edit_instructions: In one cancelOrders, replaceOrders or updateOrders.
        order_timeout_ms: How long orders may take beyond their bet delay; then the answer is TIMEOUT.
        delayed_key_bets: Whether orders can be placed with the delayed app key; Betfair's pages disagree.
        book_delay_ms: How old what a delayed app key sees is; Betfair's varies from 1 to 180 s.
    """

    session_lifetime_ms: int = 12 * 60 * _MINUTE_MS
    logins_a_minute: int = 100
    ban_ms: int = 20 * _MINUTE_MS
    weight: int = 200
    ids: int = 250
    book_calls_a_second: int = 5
    order_queries: int = 3
    order_query_ms: int = 20
    instructions_a_second: int = 1000
    place_instructions: int = 200
    edit_instructions: int = 60
    order_timeout_ms: int = 5000
    delayed_key_bets: bool = True
    book_delay_ms: int = 60_000


class Rate:
    """So many in a while, counted back from now."""

    def __init__(self, most: int, *, within_ms: int) -> None:
        self._most = most
        self._within = within_ms
        self._taken: deque[tuple[int, int]] = deque()
        self._count = 0

    def take(self, now: int, count: int = 1) -> bool:
        """Count so many more, unless that is too many."""
        while self._taken and self._taken[0][0] <= now - self._within:
            self._count -= self._taken.popleft()[1]
        if self._count + count > self._most:
            return False
        self._taken.append((now, count))
        self._count += count
        return True


@dataclass(slots=True)
class Transactions:
    """
    An account's transactions, by hours of the exchange's clock: Betfair charges for more than 5,000 in one.

    Bets that are placed count, and instructions that fail. Nothing is charged here.

    Attributes:
        this_hour: Since the full hour.
        most: In any hour so far.
    """

    this_hour: int = 0
    most: int = 0
    _hour: int = 0

    def count(self, number: int, now: int) -> None:
        """Count so many more, at a moment of the exchange's clock."""
        hour = now // _HOUR_MS
        if hour != self._hour:
            self._hour, self.this_hour = hour, 0
        self.this_hour += number
        self.most = max(self.most, self.this_hour)


@dataclass(slots=True)
class Throttle:
    """
    Holds one account back.

    Attributes:
        rules: The limits.
        transactions: What Betfair would charge for; it holds nobody back.
    """

    rules: Rules
    transactions: Transactions = field(default_factory=Transactions)
    _books: dict[str, Rate] = field(default_factory=dict)
    _instructions: Rate = field(init=False)
    _under_way: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._instructions = Rate(self.rules.instructions_a_second, within_ms=_SECOND_MS)

    def books(self, market_ids: Iterable[str], now: int) -> None:
        """
        Count a call of listMarketBook.

        Raises:
            ServiceRefusal: TOO_MANY_REQUESTS about one of the markets.
        """
        for market_id in dict.fromkeys(market_ids):
            rate = self._books.get(market_id)
            if rate is None:
                rate = self._books[market_id] = Rate(self.rules.book_calls_a_second, within_ms=_SECOND_MS)
            if not rate.take(now):
                raise ServiceRefusal(ServiceErrorCode.TOO_MANY_REQUESTS)

    def instructions(self, count: int, now: int) -> None:
        """
        Count instructions that change orders.

        Raises:
            ServiceRefusal: TOO_MANY_REQUESTS.
        """
        if not self._instructions.take(now, count):
            raise ServiceRefusal(ServiceErrorCode.TOO_MANY_REQUESTS)

    @contextmanager
    def query(self, group: str) -> Iterator[None]:
        """
        Hold a place among the queries about orders that are under way, for a block.

        Raises:
            ServiceRefusal: TOO_MANY_REQUESTS, since none is free.
        """
        under_way = self._under_way.get(group, 0)
        if under_way >= self.rules.order_queries:
            raise ServiceRefusal(ServiceErrorCode.TOO_MANY_REQUESTS)
        self._under_way[group] = under_way + 1
        try:
            yield
        finally:
            self._under_way[group] -= 1
