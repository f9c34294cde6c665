"""
Whoever folds the sandbox's stream with betfairlightweight's cache has the books of the tape.

betfairlightweight is another reading of the same documentation, used on live money for years.
"""

import bz2
from typing import Any

import pytest
from betfairlightweight.streaming.listener import StreamListener

from betflow.wire.stream import MarketChangeMessage, decode
from sandbox_stream import Client, PublishedExchange, Stream, subscription
from tapes import tape

EVERY = 40
"""Books are compared after so many messages."""
FULL = ["EX_ALL_OFFERS", "EX_TRADED", "EX_TRADED_VOL", "EX_LTP", "EX_MARKET_DEF", "SP_TRADED", "SP_PROJECTED"]


def _listener(unique_id: int) -> StreamListener:
    listener = StreamListener(max_latency=None, lightweight=True)
    listener.register_stream(unique_id, "marketSubscription")
    return listener


def _books(listener: StreamListener) -> dict[str, dict[str, Any]]:
    """Return all books; names and times are the tape's own, the order of runners is nobody's."""
    books = {}
    for snap in listener.snap():
        definition = dict(snap["marketDefinition"])
        definition["runners"] = [_without(runner, "name") for runner in definition["runners"]]
        runners = {(runner["selectionId"], runner["handicap"]): runner for runner in snap["runners"]}
        books[snap["marketId"]] = {
            **{name: snap[name] for name in ("totalMatched", "status", "version", "inplay")},
            "marketDefinition": _without(definition, "name", "eventName"),
            "runners": runners,
        }
    return books


def _without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


@pytest.mark.parametrize("conflate_ms", [0, 200])
@pytest.mark.parametrize("name", ["1.185781277", "1.205822330"])
def test_books_are_those_of_the_tape(name: str, conflate_ms: int) -> None:
    """Full depth, volumes, starting prices and definitions; one by one, or put together."""
    exchange = PublishedExchange()
    stream = Stream(exchange)
    client: Client | None = None
    theirs, ours = _listener(0), _listener(2)
    compared = 0

    for number, line in enumerate(bz2.decompress(tape(name).read_bytes()).splitlines()[:2_500]):
        message = decode(line)
        assert isinstance(message, MarketChangeMessage)
        theirs.on_data(line.decode())
        exchange.pass_time(max(message.pt - exchange.now, 0))
        exchange.publish(*(message.mc or ()))
        if client is None:
            client = stream.client()
            client.says(**subscription(FULL, conflateMs=conflate_ms, segmentationEnabled=True))
        if number % EVERY == 0:
            exchange.pass_time(conflate_ms)
            for sent in client.reads():
                ours.on_data(sent.decode())
            assert _books(theirs) == _books(ours)
            compared += 1
    assert compared > 50
