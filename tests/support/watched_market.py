"""A market on a stream of tests: an image, and what comes after it."""

from collections.abc import Callable
from typing import Any

from betflow.wire.stream import MarketSubscription, decode_request
from changes import OFF_MS, defined
from market_service import Markets, catalogue, made_up_book
from stream_server import Peer, Script
from streaming import GREETING, line, success

MARKET = "1.101"
FIRST, SECOND = 10_000_000, 10_000_001
DEFINITION = defined(runners=[FIRST, SECOND])


def markets() -> Markets:
    """Return what Betfair says of the market when it is asked."""
    book = made_up_book(MARKET, runners=2)
    return Markets([catalogue(book)], {MARKET: book}, at_any_time=True)


def prices(selection_id: int, back: float, lay: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a runner's change with one price of each side."""
    return {"id": selection_id, "atb": [[back, 10.0]], "atl": [[lay, 5.0]], **more}


IMAGE = {
    "img": True,
    "marketDefinition": DEFINITION,
    "rc": [prices(FIRST, 2.0, 2.02, ltp=2.0, trd=[[2.0, 8.0]]), prices(SECOND, 3.0, 3.05)],
}
DEEPER = {"rc": [{"id": FIRST, "atb": [[1.5, 3.0]]}]}
SHORTER = {"rc": [prices(FIRST, 1.99, 2.0) | {"atb": [[2.0, 0], [1.99, 7.0]]}]}
CLOSED = {"marketDefinition": {**DEFINITION, "status": "CLOSED"}}


def playing(
    *changes: dict[str, Any], then: Callable[[Peer], None] = Peer.until_gone, image: bool = True
) -> Script:
    """
    Return a script that lets everybody in and sends changes of the market, each in a message.

    Args:
        changes: As in JSON, without the market's id; a ``status`` is the message's.
        then: What to do after the last.
        image: Whether the first is an image of the subscription.
    """

    def script(peer: Peer) -> None:
        peer.send(line(GREETING))
        peer.send(line(success(decode_request(peer.request()).id, connectionsAvailable=9)))
        request = decode_request(peer.request())
        assert isinstance(request, MarketSubscription)
        peer.send(line(success(request.id)))
        for number, change in enumerate(changes):
            status = {"status": change["status"]} if "status" in change else {}
            message = {"op": "mcm", "id": request.id, "pt": OFF_MS + number, "clk": str(number), **status}
            if number == 0 and image:
                message |= {"ct": "SUB_IMAGE", "initialClk": "I"}
            of_market = {name: value for name, value in change.items() if name != "status"}
            peer.send(line({**message, "mc": [{"id": MARKET, **of_market}]}))
        then(peer)

    return script


def gone(_peer: Peer) -> None:
    """Close the connection."""
