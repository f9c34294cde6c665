"""The account's orders, folded from the order stream."""

import json
from typing import Any

import pytest

from betflow.exchange.order_books import OrderBook, OrderBooks
from betflow.wire.stream import OrderChangeMessage, decode

MARKET = "1.1"


def _message(
    *runners: dict[str, Any],
    market: dict[str, Any] | None = None,
    **fields: Any,  # noqa: ANN401 - as in JSON
) -> OrderChangeMessage:
    """Return a message about one market; *market* and *fields* as in JSON."""
    text = {"op": "ocm", "pt": 1, "oc": [{"id": MARKET, "orc": list(runners), **(market or {})}], **fields}
    decoded = decode(json.dumps(text).encode())
    assert isinstance(decoded, OrderChangeMessage)
    return decoded


def _order(bet_id: str, status: str = "E", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - as in JSON
    return {"id": bet_id, "p": 2.0, "s": 5.0, "side": "B", "status": status, "pt": "L", "ot": "L", **fields}


def _after(*messages: OrderChangeMessage) -> OrderBooks:
    books = OrderBooks()
    for message in messages:
        books.apply(message)
    return books


def _book(books: OrderBooks) -> OrderBook:
    return books.books[MARKET]


def test_an_order_is_replaced_whole() -> None:
    """The latest of an order counts, and an order that is complete stays."""
    books = _after(
        _message({"id": 7, "uo": [_order("10", sr=5)]}), _message({"id": 7, "uo": [_order("10", "EC", sm=5)]})
    )

    order = _book(books).orders["10"]
    assert ("EC", 5.0, None) == (order.status, order.sm, order.sr)


def test_handicaps_are_runners_of_their_own() -> None:
    """A runner is the selection with its handicap."""
    books = _after(_message({"id": 7, "hc": 0.5, "uo": [_order("10")]}, {"id": 7, "uo": [_order("11")]}))

    assert {(7, 0.5), (7, 0.0)} == set(_book(books).runners)


@pytest.mark.parametrize(
    ("expected", "change"),
    [
        ({2.0: 5.0, 3.0: 1.0}, [[3.0, 1.0]]),
        ({2.0: 6.0}, [[2.0, 6.0]]),
        ({}, [[2.0, 0]]),
        ({}, []),
    ],
)
def test_matched_sizes_are_absolute_by_price(expected: dict[float, float], change: list[list[float]]) -> None:
    """A matched size replaces the one at its price; 0 deletes it, and an empty list deletes all."""
    books = _after(_message({"id": 7, "mb": [[2.0, 5.0]]}), _message({"id": 7, "mb": change}))

    runner = _book(books).runner(7)
    assert runner is not None
    assert expected == runner.matched.backs


def test_matches_of_a_strategy() -> None:
    """What is matched of a strategy is kept by its reference, and changes like the overall position."""
    books = _after(
        _message({"id": 7, "smc": {"a": {"ml": [[2.0, 5.0]]}, "": {"mb": [[3.0, 1.0]]}}}),
        _message({"id": 7, "smc": {"a": {"ml": [[2.0, 6.0]]}}}),
    )

    runner = _book(books).runner(7)
    assert runner is not None
    assert {2.0: 6.0} == runner.matched_of_strategy["a"].lays
    assert {3.0: 1.0} == runner.matched_of_strategy[""].backs


def test_an_image_of_a_runner_replaces_that_runner() -> None:
    """An image of a runner leaves nothing of what was known of it, and the others as they were."""
    books = _after(
        _message({"id": 7, "uo": [_order("10", "EC")], "mb": [[2.0, 5.0]]}, {"id": 8, "uo": [_order("11")]}),
        _message({"id": 7, "fullImage": True, "uo": [_order("12")]}),
    )

    assert {"12", "11"} == set(_book(books).orders)


def test_an_image_of_a_market_without_anything() -> None:
    """A market's image that has nothing else says that there is no position any more."""
    books = _after(_message({"id": 7, "mb": [[2.0, 5.0]]}), _message(market={"fullImage": True}))

    assert {} == _book(books).runners


def test_a_closed_market() -> None:
    """That a market is closed is kept until Betfair says otherwise."""
    books = _after(_message(market={"closed": True}), _message({"id": 7, "uo": [_order("10", "EC")]}))

    assert _book(books).closed


def test_an_image_of_the_subscription_replaces_everything() -> None:
    """Markets that an image in mid-stream does not bring are gone."""
    books = _after(
        _message({"id": 7, "uo": [_order("10")]}),
        _message({"id": 7, "uo": [_order("20")]}, market={"id": "1.2"}, ct="SUB_IMAGE"),
    )

    assert {"1.2"} == set(books.books)


def test_an_image_in_segments() -> None:
    """The segments of an image add up to it."""
    books = _after(
        _message({"id": 7, "uo": [_order("10")]}),
        _message(
            {"id": 7, "uo": [_order("20")]}, market={"id": "1.2"}, ct="SUB_IMAGE", segmentType="SEG_START"
        ),
        _message({"id": 7, "uo": [_order("30")]}, market={"id": "1.3"}, ct="SUB_IMAGE", segmentType="SEG"),
        _message({"id": 7, "uo": [_order("10")]}, ct="SUB_IMAGE", segmentType="SEG_END"),
    )

    assert {"1.2", "1.3", MARKET} == set(books.books)
    assert {} == books.unaccounted


@pytest.mark.parametrize(
    "image",
    [
        _message({"id": 7}, ct="SUB_IMAGE"),
        _message({"id": 7, "fullImage": True}),
        _message(market={"fullImage": True}),
    ],
)
def test_an_order_that_ended_unseen(image: OrderChangeMessage) -> None:
    """An order that was executable, and that an image does not have, is not accounted for."""
    books = _after(_message({"id": 7, "uo": [_order("10"), _order("11", "EC")]}), image)

    assert {"10"} == set(books.unaccounted)


def test_an_order_that_is_heard_of_again() -> None:
    """An order is accounted for as soon as it is heard of."""
    books = _after(
        _message({"id": 7, "uo": [_order("10")]}),
        _message(ct="SUB_IMAGE"),
        _message({"id": 7, "uo": [_order("10", "EC")]}),
    )

    assert {} == books.unaccounted


def test_a_message_twice() -> None:
    """A message that comes twice changes nothing the second time."""
    change = _message({"id": 7, "uo": [_order("10", "EC", sm=5)], "mb": [[2.0, 5.0]]})
    books = _after(change, change)

    runner = _book(books).runner(7)
    assert runner is not None
    assert {2.0: 5.0} == runner.matched.backs
    assert ["10"] == list(runner.orders)


def test_what_was_changed() -> None:
    """Applying a message returns the books it changed, with the change as it came."""
    (book,) = OrderBooks().apply(_message({"id": 7, "uo": [_order("10")]}, pt=99))

    assert 99 == book.publish_time
    assert book.change is not None
    assert MARKET == book.change.id


def test_late_data() -> None:
    """The status of the latest message is kept: 503 while data may be late."""
    books = _after(_message(status=503))

    assert 503 == books.status
    books.apply(_message())
    assert books.status is None
