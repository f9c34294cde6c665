"""The laws of the stream: packets and disconnects make no difference."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from betflow.betfair.stream.happenings import Happening
from betflow.betfair.stream.session import Phase
from betflow.exchange.book import MarketBooks
from betflow.exchange.order_books import OrderBooks
from betflow.exchange.snapshot import snapshot
from betflow.wire.stream import (
    MarketChangeMessage,
    MarketSubscription,
    OrderChangeMessage,
    OrderSubscription,
    decode_market_change,
)
from streaming import GREETING, Conversation, ResumableExchange, line, success

PRICES = st.sampled_from([1.5, 2.0, 2.5, 3.0])
SIZES = st.sampled_from([0, 1.0, 2.0, 5.5])
LADDER = st.lists(st.tuples(PRICES, SIZES).map(list), max_size=3)
MARKETS = ["1.1", "1.2", "1.3"]

RUNNER = st.fixed_dictionaries(
    {"id": st.sampled_from([7, 8])},
    optional={"atb": LADDER, "atl": LADDER, "trd": LADDER, "ltp": PRICES, "hc": st.just(0.5)},
)
MARKET = st.fixed_dictionaries(
    {"id": st.sampled_from(MARKETS), "rc": st.lists(RUNNER, max_size=2)}, optional={"tv": SIZES}
)
MARKET_CHANGES = st.lists(st.lists(MARKET, min_size=1, max_size=2), max_size=12)

ORDER = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["10", "11", "12"]),
        "p": PRICES,
        "s": SIZES,
        "status": st.sampled_from(["E", "EC"]),
    }
)
ORDER_RUNNER = st.fixed_dictionaries(
    {"id": st.sampled_from([7, 8])},
    optional={
        "uo": st.lists(ORDER, max_size=2),
        "mb": LADDER,
        "ml": LADDER,
        "smc": st.dictionaries(st.sampled_from(["", "a"]), st.fixed_dictionaries({"mb": LADDER})),
        "fullImage": st.just(value=True),
    },
)
ORDER_MARKET = st.fixed_dictionaries(
    {"id": st.sampled_from(MARKETS), "orc": st.lists(ORDER_RUNNER, max_size=2)},
    optional={"fullImage": st.just(value=True), "closed": st.booleans()},
)
ORDER_CHANGES = st.lists(st.lists(ORDER_MARKET, min_size=1, max_size=2), max_size=12)

# What befalls a connection: how many bytes of it come, how it ends, how many messages are missed.
TROUBLES = st.lists(
    st.tuples(st.integers(0, 3000), st.sampled_from(["cut", "stall", "damage"]), st.integers(0, 3)),
    max_size=6,
)


def _through(
    exchange: ResumableExchange,
    subscription: MarketSubscription | OrderSubscription,
    troubles: list[tuple[int, str, int]],
    packet: int,
) -> list[Happening]:
    """Follow an exchange until it is done, through troubles; return all that happened."""
    conversation = Conversation(subscription)
    for length, ending, missed in troubles:
        _one_connection(conversation, exchange, packet, length)
        if conversation.phase is not Phase.STREAMING or ending == "cut":
            conversation.closes()
        elif ending == "stall":
            conversation.after(3600)
        else:
            conversation.says(b"\r\n{damaged\r\n")
        for _ in range(0 if exchange.is_done else missed):
            if not exchange.is_done:
                exchange.publish()
    _one_connection(conversation, exchange, packet, None)
    return conversation.happened


def _one_connection(
    conversation: Conversation, exchange: ResumableExchange, packet: int, length: int | None
) -> None:
    """Let a connection be made and bring *length* bytes, or all there is, in packets."""
    conversation.opened()
    content = line(GREETING)
    sent = 0
    while length is None or sent < length:
        content += b"".join(exchange.answer(conversation.session.outgoing()))
        if not content:
            if exchange.is_done:
                return
            content = exchange.publish()
        piece = content[: packet if length is None else min(packet, length - sent)]
        content = content[len(piece) :]
        sent += len(piece)
        conversation.says(piece)


def _markets(happened: list[Happening]) -> MarketBooks:
    books = MarketBooks()
    for each in happened:
        if isinstance(each, MarketChangeMessage):
            books.apply(each)
    return books


def _orders(happened: list[Happening]) -> OrderBooks:
    books = OrderBooks()
    for each in happened:
        if isinstance(each, OrderChangeMessage):
            books.apply(each)
    return books


def _ladders(books: MarketBooks) -> dict[str, Any]:
    """Return what is known of each market, but for when."""
    return {
        market_id: (
            book.total_matched,
            {
                (runner.selection_id, runner.handicap): (
                    runner.back_ladder,
                    runner.lay_ladder,
                    runner.traded_ladder,
                    runner.last_price_traded,
                    runner.best_back,
                    runner.best_lay,
                )
                for runner in book.runners
            },
        )
        for market_id, book in books.books.items()
        if book.covered
    }


def _positions(books: OrderBooks) -> dict[str, Any]:
    return {
        market_id: (
            book.closed,
            {
                key: (
                    runner.orders,
                    runner.matched.backs,
                    runner.matched.lays,
                    {
                        reference: (matches.backs, matches.lays)
                        for reference, matches in runner.matched_of_strategy.items()
                    },
                )
                for key, runner in book.runners.items()
            },
        )
        for market_id, book in books.books.items()
    }


def _market_images(changes: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """Return what an image brings before the first change and after each."""
    books = MarketBooks()
    images = [_market_image(books)]
    for number, change in enumerate(changes, start=1):
        books.apply(decode_market_change(line({"op": "mcm", "pt": number, "mc": change})))
        images.append(_market_image(books))
    return images


def _market_image(books: MarketBooks) -> list[dict[str, Any]]:
    return [
        {
            "id": market_id,
            "img": True,
            "tv": book.total_matched,
            "rc": [
                {
                    "id": runner.selection_id,
                    "hc": runner.handicap or None,
                    "atb": runner.back_ladder,
                    "atl": runner.lay_ladder,
                    "trd": runner.traded_ladder,
                    "ltp": runner.last_price_traded,
                }
                for runner in book.runners
            ],
        }
        for market_id, book in books.books.items()
    ]


@given(MARKET_CHANGES, TROUBLES, st.integers(1, 5000))
def test_market_books_after_any_troubles(
    changes: list[list[dict[str, Any]]], troubles: list[tuple[int, str, int]], packet: int
) -> None:
    """After any disconnects, stalls and damaged lines the books are those of an undisturbed stream."""
    images = _market_images(changes)
    undisturbed = _through(ResumableExchange("mcm", images, changes), MarketSubscription(id=0), [], 10**6)
    troubled = _through(ResumableExchange("mcm", images, changes), MarketSubscription(id=0), troubles, packet)

    assert _ladders(_markets(undisturbed)) == _ladders(_markets(troubled))


@given(ORDER_CHANGES, TROUBLES, st.integers(1, 5000))
def test_order_books_after_any_troubles(
    changes: list[list[dict[str, Any]]], troubles: list[tuple[int, str, int]], packet: int
) -> None:
    """Orders that were once subscribed to are, after any troubles, those of an undisturbed stream."""
    # The first connection brings the image whole; an image has no completed orders, so it would differ later.
    first = (400, "cut", 0)
    images: list[list[dict[str, Any]]] = [[] for _ in range(len(changes) + 1)]
    undisturbed = _through(ResumableExchange("ocm", images, changes), OrderSubscription(id=0), [], 10**6)
    troubled = _through(
        ResumableExchange("ocm", images, changes),
        OrderSubscription(id=0),
        [first, *_no_damage(troubles)],
        packet,
    )

    assert _positions(_orders(undisturbed)) == _positions(_orders(troubled))


def _no_damage(troubles: list[tuple[int, str, int]]) -> list[tuple[int, str, int]]:
    """Return troubles without damage, which at the same place again asks for an image."""
    return [(length, "cut" if ending == "damage" else ending, missed) for length, ending, missed in troubles]


@given(MARKET_CHANGES, st.lists(st.integers(1, 200), min_size=1))
def test_packets_make_no_difference(changes: list[list[dict[str, Any]]], sizes: list[int]) -> None:
    """Any way of cutting the bytes into packets gives the same happenings in the same order."""
    lines = [
        line({"op": "mcm", "id": 2, "pt": number, "mc": change}) for number, change in enumerate(changes)
    ]
    whole, cut = Conversation(), Conversation()
    for conversation in (whole, cut):
        (request,) = conversation.subscribed()
        conversation.says(success(request.id))
    content = b"".join(lines)
    whole.says(content)
    place = 0
    for size in sizes:
        cut.says(content[place : place + size])
        place += size
    cut.says(content[place:])

    assert whole.happened == cut.happened


@given(MARKET_CHANGES)
def test_repeated_messages_make_no_difference(changes: list[list[dict[str, Any]]]) -> None:
    """Every message twice leaves the books that every message once leaves."""
    lines = [
        line({"op": "mcm", "id": 2, "pt": number, "mc": change}) for number, change in enumerate(changes)
    ]
    once, twice = Conversation(), Conversation()
    for conversation in (once, twice):
        conversation.subscribed()
    once.says(*lines)
    twice.says(*(each for each in lines for _ in range(2)))

    assert [snapshot(each) for each in _markets(once.happened).books.values()] == [
        snapshot(each) for each in _markets(twice.happened).books.values()
    ]
