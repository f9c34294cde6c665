"""
The law of the sandbox's stream: after every message, a client has the books of the exchange.

They are cut to what it asked for: any fields, any number of levels, conflated, in segments. It holds whenever
the client does not read for a while, and wherever its connection ends and it comes back.
"""

import copy
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.order_books import OrderBooks
from betflow.exchange.runner_book import RunnerBook
from betflow.sandbox.streaming.limits import StreamLimits
from betflow.sandbox.streaming.tokens import position_of
from betflow.wire.enums import MarketDataField
from betflow.wire.stream import (
    MarketChange,
    MarketChangeMessage,
    Order,
    OrderMarketChange,
    OrderRunnerChange,
    RunnerChange,
    StrategyMatchChange,
    decode,
)
from sandbox_stream import Client, PublishedExchange, Stream, folded_orders, market, subscription

MARKETS = ("1.1", "1.2", "1.3")
RUNNERS = ((11, None), (12, None), (11, -0.5))
PRICES = (1.01, 1.5, 2.0, 2.02, 3.0, 4.1, 10.0, 1000.0)

ladders = st.lists(
    st.tuples(st.sampled_from(PRICES), st.sampled_from((0.0, 2.0, 5.55))),
    max_size=4,
    unique_by=lambda each: each[0],
)
prices = st.sampled_from((*PRICES, float("nan"), float("inf")))
runner_changes = st.builds(
    lambda runner, fields: RunnerChange(id=runner[0], hc=runner[1], **fields),
    st.sampled_from(RUNNERS),
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("atb", "atl", "trd", "spb", "spl"), ladders),
            **dict.fromkeys(("spn", "spf"), prices),
            "ltp": st.sampled_from(PRICES),
            "tv": st.sampled_from((0.0, 7.5)),
        },
    ),
)
market_changes = st.builds(
    lambda market_id, runners, flags, tv: MarketChange(id=market_id, rc=runners, tv=tv, **flags),
    st.sampled_from(MARKETS),
    st.lists(runner_changes, min_size=1, max_size=3),
    st.sampled_from(({}, {}, {}, {"con": True}, {"img": False}, {"img": True})),
    st.sampled_from((None, 0.0, 12.5)),
)
fields = st.one_of(st.none(), st.lists(st.sampled_from(MarketDataField), min_size=1, unique=True))


def runner_as_seen(runner: RunnerBook, taken: set[str], levels: int, *, is_client: bool) -> dict[str, Any]:
    """Return what of a runner is in a subscription; levels are the best prices of the exchange."""
    back, lay = (
        sorted(runner.available_to_back.items(), reverse=True),
        sorted(runner.available_to_lay.items()),
    )
    by_level = {
        "EX_BEST_OFFERS": (runner.best_available_to_back, runner.best_available_to_lay),
        "EX_BEST_OFFERS_DISP": (runner.display_available_to_back, runner.display_available_to_lay),
    }
    if not is_client:
        by_level = dict.fromkeys(by_level, (dict(enumerate(back[:levels])), dict(enumerate(lay[:levels]))))
    content = {
        "EX_ALL_OFFERS": (runner.available_to_back, runner.available_to_lay),
        "EX_TRADED": (runner.traded,),
        "EX_TRADED_VOL": (runner.total_matched,),
        "EX_LTP": (runner.last_price_traded,),
        "SP_TRADED": (runner.back_stake_taken, runner.lay_liability_taken),
        "SP_PROJECTED": (repr(runner.near_price), repr(runner.far_price)),
        **by_level,
    }
    return {name: copy.deepcopy(value) for name, value in content.items() if name in taken}


def as_seen(book: MarketBook, taken: set[str], levels: int, *, is_client: bool) -> dict[str, Any]:
    """Return what of a market is in a subscription; runners of which nothing is known are left out."""
    nothing = runner_as_seen(RunnerBook(1, 0.0), taken, levels, is_client=is_client)
    runners = {
        (runner.selection_id, runner.handicap): runner_as_seen(runner, taken, levels, is_client=is_client)
        for runner in book.runners
    }
    return {
        "runners": {key: value for key, value in runners.items() if value != nothing},
        "tv": book.total_matched if "EX_TRADED_VOL" in taken else None,
        "definition": msgspec.to_builtins(book.definition) if "EX_MARKET_DEF" in taken else None,
    }


class Subscribed(RuleBasedStateMachine):
    """A client with one subscription, and everything that can happen to the two."""

    @initialize(
        wanted=fields,
        levels=st.integers(1, 10),
        conflate_ms=st.sampled_from((0, 0, 100)),
        is_segmented=st.booleans(),
        market_ids=st.sampled_from(((), ("1.1", "1.3"))),
    )
    def subscribe(
        self,
        wanted: list[str] | None,
        levels: int,
        conflate_ms: int,
        is_segmented: bool,  # noqa: FBT001 - Hypothesis gives it by name
        market_ids: tuple[str, ...],
    ) -> None:
        """Begin with two markets."""
        self.taken = set(wanted or MarketDataField)
        self.levels = levels
        self.exchange = PublishedExchange(market("1.1"), market("1.2"))
        self.stream = Stream(self.exchange, limits=StreamLimits(segment=100, history=10_000))
        self.states: list[dict[str, Any]] = [self.state()]
        self.exchange.on_market.append(lambda _: self.states.append(self.state()))
        self.request = subscription(
            wanted,
            *market_ids,
            ladderLevels=levels,
            conflateMs=conflate_ms,
            segmentationEnabled=is_segmented,
        )
        self.books = MarketBooks()
        self.ahead: dict[str, int] = {}
        self.tokens: dict[str, Any] = {}
        self.connect()

    def state(self) -> dict[str, Any]:
        """Return all markets as they stand, as they are to be seen."""
        return {
            each: as_seen(book, self.taken, self.levels, is_client=False)
            for each, book in self.exchange.books.items()
        }

    def connect(self) -> None:
        """Subscribe on a new connection."""
        self.client: Client = self.stream.client()
        self.client.says(**self.request, **self.tokens)

    @rule(change=market_changes, after=st.sampled_from((0, 30, 150)))
    def publish(self, change: MarketChange, after: int) -> None:
        """Something happens in a market; the first of it is an image."""
        if change.id not in self.exchange.books:
            change = market(change.id, *(change.rc or ()))
        self.exchange.publish(change, after=after)

    @rule(status=st.sampled_from(("OPEN", "SUSPENDED")), market_id=st.sampled_from(MARKETS[:2]))
    def define(self, status: str, market_id: str) -> None:
        """A definition changes."""
        definition = market(market_id, status=status).market_definition
        self.exchange.publish(MarketChange(id=market_id, market_definition=definition))

    @rule(milliseconds=st.sampled_from((50, 200)))
    def pass_time(self, milliseconds: int) -> None:
        """Nothing happens."""
        self.exchange.pass_time(milliseconds)
        self.stream.now += milliseconds / 50

    @rule()
    def stall(self) -> None:
        """The client does not read for a while."""
        self.client.turn(is_writable=False)

    @rule(share=st.floats(0, 1))
    def break_off(self, share: float) -> None:
        """The connection ends somewhere in what was sent; the client resumes after its last whole message."""
        lines = self.client.reads()
        self.take(lines[: int(len(lines) * share)])
        self.client.connection.close()
        self.connect()

    @rule()
    def read(self) -> None:
        """The client reads."""
        self.take(self.client.reads())

    def take(self, lines: list[bytes]) -> None:
        """Fold messages as a client does that looks at whole ones only; compare after each."""
        segments: list[MarketChangeMessage] = []
        for line in lines:
            assert line.isascii()
            assert len(line) % 1024 != 1
            message = decode(line)
            if not isinstance(message, MarketChangeMessage):
                continue
            segments.append(message)
            if message.segment_type not in (None, "SEG_END"):
                continue
            for each in segments:
                self.books.apply(each)
                if each.initial_clk:
                    self.tokens["initialClk"] = each.initial_clk
            assert message.clk is not None
            self.tokens["clk"] = message.clk
            self.compare(segments)
            segments = []

    def compare(self, messages: list[MarketChangeMessage]) -> None:
        """The client's books are the exchange's at the position that a message's token is of."""
        message = messages[-1]
        position = position_of(message.clk or "")
        assert position is not None
        for change in (change for each in messages for change in each.mc or () if change.img):
            if message.ct is not None:
                self.ahead[change.id] = position
            elif change.id not in self.ahead:  # a market that came to fit may be of later than the token
                self.ahead[change.id] = len(self.states) - 1
        for market_id, book in self.books.books.items():
            there = self.states[max(position, self.ahead[market_id])]
            assert there[market_id] == as_seen(book, self.taken, self.levels, is_client=True)


order_changes = st.builds(
    lambda market_id, runner, fields, closed: OrderMarketChange(
        id=market_id,
        closed=closed,
        orc=[OrderRunnerChange(id=runner[0], hc=runner[1], **fields)],
    ),
    st.sampled_from(MARKETS),
    st.sampled_from(RUNNERS),
    st.fixed_dictionaries(
        {},
        optional={
            "uo": st.lists(
                st.builds(
                    Order,
                    id=st.sampled_from(("1", "2", "3")),
                    status=st.sampled_from(("E", "EC")),
                    s=st.sampled_from((2.0, 5.5)),
                    rfs=st.sampled_from(("", "one")),
                ),
                max_size=2,
            ),
            **dict.fromkeys(("mb", "ml"), st.none() | ladders.filter(bool)),
            "smc": st.dictionaries(
                st.sampled_from(("", "one")), st.builds(StrategyMatchChange, mb=ladders.filter(bool))
            ),
            "full_image": st.just(value=True),
        },
    ),
    st.sampled_from((None, None, True)),
)


@given(
    steps=st.lists(st.one_of(order_changes, st.sampled_from(("read", "stall", "break off"))), max_size=20),
    request=st.fixed_dictionaries(
        {"op": st.just("orderSubscription"), "id": st.just(3), "segmentationEnabled": st.booleans()},
        optional={
            "conflateMs": st.just(100),
            "orderFilter": st.fixed_dictionaries(
                {},
                optional={
                    "includeOverallPosition": st.booleans(),
                    "partitionMatchedByStrategyRef": st.booleans(),
                    "customerStrategyRefs": st.just(["one"]),
                },
            ),
        },
    ),
)
def test_orders_are_those_of_a_client_that_never_left(
    steps: list[OrderMarketChange | str], request: dict[str, Any]
) -> None:
    """Whoever pauses, breaks off and resumes has in the end the orders and positions of who did not."""
    exchange = PublishedExchange()
    stream = Stream(exchange, limits=StreamLimits(segment=200))
    stayed, left = stream.client(), stream.client()
    for client in (stayed, left):
        client.says(**request)
    lines = {"stayed": stayed.reads(), "left": left.reads()}

    for step in [*steps, "break off", "read"]:
        exchange.pass_time(60)
        if isinstance(step, OrderMarketChange):
            exchange.change_orders(step)
            lines["stayed"] += stayed.reads()
        elif step == "read":
            lines["left"] += left.reads()
        elif step == "stall":
            left.turn(is_writable=False)
        else:
            left.connection.close()
            left = stream.client()
            tokens: dict[str, Any] = {}
            for message in map(msgspec.json.decode, lines["left"]):
                tokens |= {key: message[key] for key in ("initialClk", "clk") if key in message}
            left.says(**request, **tokens)
    exchange.pass_time(200)
    lines["stayed"] += stayed.reads()
    lines["left"] += left.reads()

    expected, actual = (_orders_as_seen(folded_orders(each)) for each in lines.values())
    assert expected == actual


def _orders_as_seen(books: OrderBooks) -> dict[str, Any]:
    """Return all orders and positions; runners of which nothing is known are left out."""
    seen = {}
    for market_id, book in books.books.items():
        runners = {
            key: (
                runner.orders,
                (runner.matched.backs, runner.matched.lays),
                {name: (each.backs, each.lays) for name, each in runner.matched_of_strategy.items()},
            )
            for key, runner in book.runners.items()
        }
        seen[market_id] = (
            book.closed,
            {key: value for key, value in runners.items() if any(map(bool, value))},
        )
    return seen


Subscribed.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestSubscribed = Subscribed.TestCase
