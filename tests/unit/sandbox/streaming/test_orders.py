"""Order subscriptions: images, changes, filters, and what a client that comes back gets."""

from typing import Any

import msgspec
import pytest

from betflow.wire.stream import Order, OrderMarketChange, OrderRunnerChange, StrategyMatchChange
from sandbox_stream import DELAYED_KEY, Client, PublishedExchange, Stream, folded_orders

ORDERS = {"op": "orderSubscription", "id": 4}


def _order(bet_id: str, strategy: str = "", **others: Any) -> Order:  # noqa: ANN401 - any field
    return Order(
        id=bet_id,
        p=2.0,
        s=2.0,
        side="B",
        status="E",
        pt="L",
        ot="L",
        pd=1,
        sm=0.0,
        sr=2.0,
        sl=0.0,
        sc=0.0,
        sv=0.0,
        rfo="",
        rfs=strategy,
        **others,
    )


def _change(*orders: Order, market_id: str = "1.1", **others: Any) -> OrderMarketChange:  # noqa: ANN401 - any field
    return OrderMarketChange(
        id=market_id, account_id=1, orc=[OrderRunnerChange(id=11, uo=list(orders) or None, **others)]
    )


@pytest.fixture
def stream() -> Stream:
    """A stream with an account that has two orders and has matched."""
    exchange = PublishedExchange()
    exchange.orders["sandbox"] = [
        _change(
            _order("1"),
            _order("2", "one"),
            full_image=True,
            mb=[(2.0, 5.0)],
            smc={"": StrategyMatchChange(mb=[(2.0, 3.0)]), "one": StrategyMatchChange(mb=[(2.0, 2.0)])},
        )
    ]
    return Stream(exchange)


def _subscribed(stream: Stream, **request: Any) -> Client:  # noqa: ANN401 - as in JSON
    client = stream.client()
    client.says(**ORDERS | request)
    return client


def test_an_order_subscription_begins_with_an_image(stream: Stream) -> None:
    """Orders, and the overall position, which is there unless it is not wanted; strategies only if wanted."""
    _, image = _subscribed(stream).gets()

    assert ("ocm", 4, "SUB_IMAGE", 5000) == (image["op"], image["id"], image["ct"], image["heartbeatMs"])
    (runner,) = image["oc"][0]["orc"]
    assert ["1", "2"] == [order["id"] for order in runner["uo"]]
    assert [[2, 5]] == runner["mb"]
    assert "smc" not in runner
    assert ["", "one"] == [order["rfs"] for order in runner["uo"]]


def test_an_account_without_orders_has_an_empty_image() -> None:
    """An image all the same; like Betfair's, it has no list."""
    _, image = _subscribed(Stream(PublishedExchange())).gets()

    assert ("SUB_IMAGE", False) == (image["ct"], "oc" in image)


@pytest.mark.parametrize(
    ("wanted", "orders", "has_position", "strategies"),
    [
        ({"includeOverallPosition": False}, ["1", "2"], False, None),
        ({"partitionMatchedByStrategyRef": True}, ["1", "2"], True, ["", "one"]),
        ({"customerStrategyRefs": ["one"]}, ["2"], True, None),
        (
            {"customerStrategyRefs": ["one"], "partitionMatchedByStrategyRef": True},
            ["2"],
            True,
            ["one"],
        ),
        ({"customerStrategyRefs": [], "includeOverallPosition": None}, ["1", "2"], True, None),
    ],
)
def test_a_filter_takes_out(
    stream: Stream,
    wanted: dict[str, Any],
    orders: list[str],
    has_position: bool,  # noqa: FBT001 - a column of the table
    strategies: list[str] | None,
) -> None:
    """Orders and strategies by reference, and positions; never parts of the overall position."""
    _, image = _subscribed(stream, orderFilter=wanted).gets()

    (runner,) = image["oc"][0]["orc"]
    assert orders == [order["id"] for order in runner["uo"]]
    assert has_position == (runner.get("mb") == [[2, 5]])
    assert strategies == (sorted(runner["smc"]) if "smc" in runner else None)


def test_accounts_cannot_be_asked_for(stream: Stream) -> None:
    """A subscription is of the caller's own account; one that names accounts fails."""
    (status,) = _subscribed(stream, orderFilter={"accountIds": [1]}).gets()

    assert ("INVALID_REQUEST", True) == (status["errorCode"], status["connectionClosed"])


def test_changes_come_as_they_happen(stream: Stream) -> None:
    """Each with its order whole; those of other accounts do not come."""
    client = _subscribed(stream)
    client.gets()

    stream.exchange.change_orders(_change(_order("3")), "somebody else")
    stream.exchange.change_orders(_change(_order("4")))
    stream.exchange.change_orders(OrderMarketChange(id="1.1", account_id=1, closed=True))
    first, second = client.gets()
    assert ["4"] == [order["id"] for order in first["oc"][0]["orc"][0]["uo"]]
    assert [{"id": "1.1", "accountId": 1, "closed": True}] == second["oc"]


def test_what_a_filter_leaves_nothing_of_is_not_sent(stream: Stream) -> None:
    """An order of another strategy is none of the subscription's."""
    client = _subscribed(stream, orderFilter={"customerStrategyRefs": ["one"]})
    client.gets()

    stream.exchange.change_orders(_change(_order("3", "two")))
    assert [] == client.gets()
    stream.exchange.change_orders(_change(_order("4", "one")))
    assert ["4"] == [order["id"] for order in client.gets()[0]["oc"][0]["orc"][0]["uo"]]


def test_a_runner_that_a_filter_leaves_nothing_of_is_not_in_the_image(stream: Stream) -> None:
    """Nor is its market."""
    wanted = {"customerStrategyRefs": ["none"], "includeOverallPosition": False}
    assert "oc" not in _subscribed(stream, orderFilter=wanted).gets()[1]


def test_a_runner_that_has_nothing_any_more_is_told(stream: Stream) -> None:
    """An image of a runner with nothing in it says so."""
    client = _subscribed(stream)
    client.gets()

    stream.exchange.change_orders(_change(full_image=True))
    assert [{"id": 11, "fullImage": True}] == client.gets()[0]["oc"][0]["orc"]


def test_changes_of_orders_are_put_together(stream: Stream) -> None:
    """Of each order the latest, of each price the latest."""
    client = _subscribed(stream, conflateMs=500)
    client.gets()

    stream.exchange.change_orders(_change(_order("3"), mb=[(2.0, 6.0)]))
    stream.exchange.change_orders(_change(_order("3", md=5), mb=[(2.0, 7.0), (3.0, 1.0)]))
    assert [] == client.gets()
    stream.exchange.pass_time(500)
    (message,) = client.gets()
    (runner,) = message["oc"][0]["orc"]
    assert [("3", 5)] == [(order["id"], order["md"]) for order in runner["uo"]]
    assert [[2, 7], [3, 1]] == runner["mb"]


def test_a_client_that_comes_back_has_the_orders_of_one_that_stayed(stream: Stream) -> None:
    """Also those that were completed meanwhile."""
    stayed = _subscribed(stream)
    lines = stayed.reads()
    left = _subscribed(stream)
    left_lines = left.reads()
    left.connection.close()
    image = left.writes[-1]

    stream.exchange.change_orders(_change(_order("1", md=7), mb=[(2.0, 6.0)]))
    stream.exchange.change_orders(_change(_order("9"), market_id="1.2"))
    lines += stayed.reads()
    tokens = {key: _message(image)[key] for key in ("initialClk", "clk")}
    back = _subscribed(stream, **tokens)
    returned = back.reads()
    assert "RESUB_DELTA" == _message(returned[-1])["ct"]

    expected, actual = folded_orders(lines).books, folded_orders([*left_lines, *returned]).books
    assert {key: book.orders for key, book in expected.items()} == {
        key: book.orders for key, book in actual.items()
    }
    runners = [books["1.1"].runner(11) for books in (expected, actual)]
    assert [{2.0: 6.0}] * 2 == [runner.matched.backs for runner in runners if runner is not None]


def test_a_delayed_app_key_sees_its_orders_at_once(stream: Stream) -> None:
    """The delay is of markets only."""
    client = stream.client(DELAYED_KEY)
    client.says(**ORDERS)
    assert 0 == client.gets()[1]["conflateMs"]

    stream.exchange.change_orders(_change(_order("4")))
    assert ["ocm"] == [message["op"] for message in client.gets()]


def test_heartbeats_are_of_each_subscription(stream: Stream) -> None:
    """Each says so when nothing of its own came."""
    client = _subscribed(stream, heartbeatMs=500)
    client.says(op="marketSubscription", id=5, heartbeatMs=1000)
    client.gets()

    stream.now += 0.5
    assert [("ocm", "HEARTBEAT")] == [(each["op"], each["ct"]) for each in client.gets()]
    stream.now += 0.5
    assert [("ocm", "HEARTBEAT"), ("mcm", "HEARTBEAT")] == [
        (each["op"], each["ct"]) for each in client.gets()
    ]


def _message(line: bytes) -> dict[str, Any]:
    message: dict[str, Any] = msgspec.json.decode(line)
    return message
