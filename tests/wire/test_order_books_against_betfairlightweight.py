"""Our fold of recorded order messages equals betfairlightweight's order cache."""

import json
from pathlib import Path
from typing import Any

import pytest
from betfairlightweight import StreamListener

from betflow.exchange.order_books import OrderBooks
from betflow.wire.stream import OrderChangeMessage, decode
from tapes import shared_responses


def _recordings() -> list[Path]:
    folder = shared_responses()
    return [
        *sorted((folder / "betfair_parser" / "streaming").glob("ocm_*.json")),
        *sorted((folder / "betfairlightweight").glob("streaming_ocm_*.json")),
    ]


def _messages(file: Path) -> list[dict[str, Any]]:
    content = json.loads(file.read_text())
    return content if isinstance(content, list) else [content]


def _theirs(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return betfairlightweight's orders and matches, by market."""
    listener = StreamListener(lightweight=True)
    listener.register_stream(1, "orderSubscription")
    for message in messages:
        for change in message.get("oc", []):
            for runner in change.get("orc", []):
                for order in runner.get("uo", []):
                    # Its order type has no defaults for these.
                    for reference in ("rfo", "rfs"):
                        order.setdefault(reference, "")
        listener.stream._process(message.get("oc", []), message["pt"])
    return {
        market_id: {
            "orders": {
                each["betId"]: (each["priceSize"]["price"], each["sizeMatched"], each["sizeRemaining"])
                for each in cache.serialise(None)["currentOrders"]
            },
            "matches": sorted(
                (
                    selection_id,
                    handicap,
                    {price: each[1] for price, each in runner.matched_backs.order_book.items()},
                    {price: each[1] for price, each in runner.matched_lays.order_book.items()},
                )
                for (selection_id, handicap), runner in cache.runners.items()
            ),
        }
        for market_id, cache in listener.stream._caches.items()
    }


def _ours(messages: list[dict[str, Any]]) -> dict[str, Any]:
    books = OrderBooks()
    for message in messages:
        decoded = decode(json.dumps(message).encode())
        assert isinstance(decoded, OrderChangeMessage)
        books.apply(decoded)
    return {
        market_id: {
            "orders": {bet_id: (order.p, order.sm, order.sr) for bet_id, order in book.orders.items()},
            "matches": sorted(
                (selection_id, handicap, runner.matched.backs, runner.matched.lays)
                for (selection_id, handicap), runner in book.runners.items()
            ),
        }
        for market_id, book in books.books.items()
    }


def test_each_recording() -> None:
    """Each recording alone leaves the orders and matches that betfairlightweight has of it."""
    files = _recordings()

    assert len(files) > 20
    for file in files:
        assert _theirs(_messages(file)) == _ours(_messages(file)), file.name


def test_all_recordings_after_one_another() -> None:
    """Recordings of changes, one after the other, leave what betfairlightweight has of them."""
    messages = [
        message for file in _recordings() for message in _messages(file) if message.get("ct") != "SUB_IMAGE"
    ]

    assert len(messages) > 20
    assert _theirs(messages) == _ours(messages)


@pytest.mark.parametrize("name", ["ocm_full_image_strategy.json"])
def test_matches_by_strategy_are_those_recorded(name: str) -> None:
    """What is matched of a strategy is what the recorded image has; betfairlightweight does not fold it."""
    (message,) = _messages(shared_responses() / "betfair_parser" / "streaming" / name)
    books = OrderBooks()
    decoded = decode(json.dumps(message).encode())
    assert isinstance(decoded, OrderChangeMessage)
    books.apply(decoded)

    compared = 0
    for market in message["oc"]:
        for runner in market["orc"]:
            folded = books.books[market["id"]].runners[runner["id"], runner.get("hc", 0.0)]
            for reference, matches in runner["smc"].items():
                compared += 1
                assert {price: size for price, size in matches.get("mb", []) if size} == (
                    folded.matched_of_strategy[reference].backs
                )
    assert compared
