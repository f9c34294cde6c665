"""What goes wrong on the stream on demand, line by line, and the truth about it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from betflow.sandbox.faults import FaultKind, FaultRule, Where
from betflow.sandbox.truth import Truth
from betflow.wire.stream import MarketChange, OrderMarketChange, RunnerChange
from sandbox_stream import (
    APP_KEY,
    TOKEN,
    Client,
    PublishedExchange,
    Stream,
    folded_markets,
    market,
    subscription,
)


def _struck(kind: FaultKind, **parameters: Any) -> tuple[Stream, Client]:  # noqa: ANN401 - as in the rule
    """Return a stream that goes wrong with the second message after the image, and its client."""
    stream = Stream(
        PublishedExchange(market()), FaultRule(where=Where.STREAM, kind=kind, after=2, **parameters)
    )
    client = stream.client()
    client.says(**subscription(["EX_ALL_OFFERS"]))
    client.reads()
    return stream, client


def _publish(stream: Stream, *sizes: float) -> None:
    for size in sizes:
        stream.exchange.publish(MarketChange(id="1.1", rc=[RunnerChange(id=11, atb=[(2.0, size)])]), after=10)


def _sizes(messages: list[dict[str, Any]]) -> list[float]:
    return [message["mc"][0]["rc"][0]["atb"][0][1] for message in messages]


def test_a_connection_is_dropped_without_a_word() -> None:
    """What was before the message is sent, then nothing."""
    stream, client = _struck(FaultKind.DROP)

    _publish(stream, 1, 2, 3)
    assert [1] == _sizes(client.gets())
    assert client.connection.is_ended


def test_half_a_line_is_the_last_that_comes() -> None:
    """A line without an end, and the connection is closed."""
    stream, client = _struck(FaultKind.HALF_LINE)

    _publish(stream, 1, 2, 3)
    whole, half = client.reads()
    assert [1] == _sizes([msgspec.json.decode(whole)])
    assert b"\n" not in half
    assert client.connection.is_ended


def test_a_malformed_line_is_no_json() -> None:
    """It ends as lines do, and the stream goes on."""
    stream, client = _struck(FaultKind.MALFORMED)

    _publish(stream, 1, 2, 3)
    first, malformed, third = client.reads()
    assert malformed.endswith(b"\r\n")
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(malformed)
    assert [1, 3] == _sizes([msgspec.json.decode(line) for line in (first, third)])


@pytest.mark.parametrize("kind", [FaultKind.STALL, FaultKind.SLOW])
def test_a_stalled_stream_goes_on_later(kind: FaultKind) -> None:
    """Nothing comes for so many seconds, answers included; then everything does, one by one."""
    stream, client = _struck(kind, seconds=20)

    _publish(stream, 1, 2)
    assert [1] == _sizes(client.gets())
    _publish(stream, 3)
    stream.now += 19.9
    client.says(op="heartbeat", id=9)
    assert [] == client.gets()

    stream.now += 0.1
    messages = client.gets()
    assert [9] == [message["id"] for message in messages if message["op"] == "status"]
    assert [2, 3] == _sizes([message for message in messages if message["op"] == "mcm"])


def test_a_stall_without_end_has_none() -> None:
    """The connection stays open, and nothing comes any more."""
    stream, client = _struck(FaultKind.STALL)

    _publish(stream, 1, 2)
    client.reads()
    stream.now += 1e6
    assert [] == client.gets()
    assert not client.connection.is_ended


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        (FaultKind.STATUS_503, {}, {"status": 503}),
        (FaultKind.CLOCK_SKEW, {"ms": -5000}, {"pt": -5000}),
        (FaultKind.CONFLATED, {}, {"con": True}),
    ],
)
def test_a_message_says_something_else(
    kind: FaultKind, parameters: dict[str, Any], expected: dict[str, Any]
) -> None:
    """And is otherwise as it was."""
    stream, client = _struck(kind, **parameters)

    _publish(stream, 1, 2, 3)
    first, second, third = client.gets()
    assert [1, 2, 3] == _sizes([first, second, third])
    assert expected == {
        name: value
        for name, value in {
            "status": second.get("status"),
            "con": second["mc"][0].get("con"),
            "pt": second["pt"] - (first["pt"] + 10),
        }.items()
        if value
    }
    assert ("status" in first, "status" in third) == (False, False)


def test_a_message_comes_twice() -> None:
    """The same line, one after the other."""
    stream, client = _struck(FaultKind.DUPLICATE)

    _publish(stream, 1, 2, 3)
    assert [1, 2, 2, 3] == _sizes(client.gets())


def test_a_fresh_image_comes_in_mid_stream() -> None:
    """In place of the message and of what followed it, which is all in the image."""
    stream, client = _struck(FaultKind.SUB_IMAGE)

    _publish(stream, 1, 2, 3)
    first, image = client.gets()
    assert (None, "SUB_IMAGE") == (first.get("ct"), image["ct"])
    assert [[2, 3]] == image["mc"][0]["rc"][0]["atb"]

    _publish(stream, 4)
    assert [4] == _sizes(client.gets())


@pytest.mark.parametrize(
    ("kind", "parameters", "code"),
    [
        (FaultKind.SESSION_EXPIRED, {}, "INVALID_SESSION_INFORMATION"),
        (FaultKind.TOO_MANY_REQUESTS, {}, "TOO_MANY_REQUESTS"),
        (FaultKind.ERROR, {"code": "UNEXPECTED_ERROR"}, "UNEXPECTED_ERROR"),
        (FaultKind.ERROR, {"code": "CONNECTION_FAILED"}, "CONNECTION_FAILED"),
    ],
)
def test_a_refusal_ends_the_connection(kind: FaultKind, parameters: dict[str, Any], code: str) -> None:
    """In place of the message comes a status that answers no request."""
    stream, client = _struck(kind, **parameters)

    _publish(stream, 1, 2, 3)
    _, status = client.gets()
    assert ("status", code, True) == (status["op"], status["errorCode"], status["connectionClosed"])
    assert "id" not in status
    assert client.connection.is_ended


def test_a_session_that_expires_is_gone() -> None:
    """Nobody comes in with it any more."""
    stream, client = _struck(FaultKind.SESSION_EXPIRED)
    _publish(stream, 1, 2)
    client.reads()

    client = stream.connect()
    client.reads()
    client.says(op="authentication", id=1, appKey=APP_KEY, session=TOKEN)
    assert ["INVALID_SESSION_INFORMATION"] == [status["errorCode"] for status in client.gets()]


def test_a_refusal_of_the_image_ends_the_connection() -> None:
    """A rule may strike the very first message."""
    rule = FaultRule(where=Where.STREAM, kind=FaultKind.ERROR, code="UNEXPECTED_ERROR")
    client = Stream(PublishedExchange(market()), rule).client()

    client.says(**subscription())
    accepted, refused = client.gets()
    assert ("SUCCESS", "UNEXPECTED_ERROR") == (accepted["statusCode"], refused["errorCode"])


def test_a_rule_may_be_about_one_market_or_about_orders() -> None:
    """Other messages go well."""
    rules = (
        FaultRule(where=Where.STREAM, kind=FaultKind.DUPLICATE, subject="1.2", times=0),
        FaultRule(where=Where.ORDER_STREAM, kind=FaultKind.DUPLICATE, after=1),
    )
    stream = Stream(PublishedExchange(market("1.1"), market("1.2")), *rules)
    client = stream.client()
    client.says(**subscription(["EX_ALL_OFFERS"]))
    client.says(op="orderSubscription", id=3)
    client.reads()

    for market_id in ("1.1", "1.2"):
        change = MarketChange(id=market_id, rc=[RunnerChange(id=11, atb=[(2.0, 2.0)])])
        stream.exchange.publish(change)
    stream.exchange.change_orders(OrderMarketChange(id="1.1", closed=True))
    assert ["1.1", "1.2", "1.2", "1.1", "1.1"] == [
        (message.get("mc") or message["oc"])[0]["id"] for message in client.gets()
    ]


def test_the_truth_has_every_line_that_was_sent(tmp_path: Path) -> None:
    """Whole, with its connection, also the half of a line; folding it gives the client's books."""
    exchange = PublishedExchange(market())
    truth = Truth(tmp_path / "truth.jsonl", now=lambda: exchange.now)
    rule = FaultRule(where=Where.STREAM, kind=FaultKind.HALF_LINE, after=3)
    stream = Stream(exchange, rule, truth=truth)
    client = stream.client()
    client.says(**subscription(["EX_ALL_OFFERS"]))
    client.reads()
    _publish(stream, 1, 2, 3, 4)
    client.reads()
    truth.close()

    facts = [msgspec.json.decode(line) for line in (tmp_path / "truth.jsonl").read_bytes().splitlines()]
    assert [line.rstrip(b"\r\n").decode() for write in client.writes for line in write.splitlines()] == [
        fact["line"].rstrip() for fact in facts
    ]
    assert {client.connection.id} == {fact["connection"] for fact in facts}
    folded = folded_markets(fact["line"].encode() for fact in facts[:-1])
    (runner,) = [each for each in folded.books["1.1"].runners if each.selection_id == 11]
    assert {2.0: 2.0} == runner.available_to_back
