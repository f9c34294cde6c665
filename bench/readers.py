"""
The loops that are compared, one process each: read tapes, and look at the best prices after every message.

Every reader does the same: it goes through all messages of all files and, where *prices* are asked for,
takes the best price to back and to lay of every runner. Run as a program it does so for a while and prints
what it took.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

Reader = Callable[[Sequence[str], bool], int]


def betflow(paths: Sequence[str], prices: bool) -> int:  # noqa: FBT001 - all readers are called alike
    """Read with betflow; return the number of messages."""
    from betflow.tape import read

    messages = 0
    for market in read(*paths):
        messages += 1
        if prices:
            for runner in market.runners:
                runner.best_back  # noqa: B018 - looking is the point
                runner.best_lay  # noqa: B018
    return messages


def betflow_in_python(paths: Sequence[str], prices: bool) -> int:  # noqa: FBT001
    """Read with betflow as it is where nothing is compiled; return the number of messages."""
    from betflow.exchange import book, folding

    book.fold_runner_changes = folding.fold_runner_changes  # type: ignore[attr-defined]  # instead of its own
    return betflow(paths, prices)


def betfair_data(paths: Sequence[str], prices: bool) -> int:  # noqa: FBT001
    """Read with betfair_data as it comes; return the number of messages."""
    return _betfair_data(paths, prices=prices, mutable=False)


def betfair_data_mutable(paths: Sequence[str], prices: bool) -> int:  # noqa: FBT001
    """Read with betfair_data in its mutable mode; return the number of messages."""
    return _betfair_data(paths, prices=prices, mutable=True)


def _betfair_data(paths: Sequence[str], *, prices: bool, mutable: bool) -> int:
    import betfair_data as peer

    messages = 0
    for file in peer.Files(list(paths), mutable=mutable):
        for market in file:
            messages += 1
            if prices:
                for runner in market.runners:
                    exchange = runner.ex
                    backs = exchange.available_to_back
                    backs and backs[0].price
                    lays = exchange.available_to_lay
                    lays and lays[0].price
    return messages


def betfairlightweight(paths: Sequence[str], prices: bool) -> int:  # noqa: FBT001
    """Read with betfairlightweight into dictionaries; return the number of messages."""
    messages = 0
    for books in _betfairlightweight(paths, lightweight=True):
        messages += 1
        if prices:
            for book in books:
                for runner in book["runners"]:
                    exchange = runner["ex"]
                    backs = exchange["availableToBack"]
                    backs and backs[0]["price"]
                    lays = exchange["availableToLay"]
                    lays and lays[0]["price"]
    return messages


def betfairlightweight_objects(paths: Sequence[str], prices: bool) -> int:  # noqa: FBT001
    """Read with betfairlightweight into objects; return the number of messages."""
    messages = 0
    for books in _betfairlightweight(paths, lightweight=False):
        messages += 1
        if prices:
            for book in books:
                for runner in book.runners:
                    exchange = runner.ex
                    backs = exchange.available_to_back
                    backs and backs[0].price
                    lays = exchange.available_to_lay
                    lays and lays[0].price
    return messages


def _betfairlightweight(paths: Sequence[str], *, lightweight: bool) -> Any:  # noqa: ANN401 - the peer has no types
    import betfairlightweight as peer

    client = peer.APIClient("user", "password", "key")
    for path in paths:
        listener = peer.StreamListener(max_latency=None, lightweight=lightweight)
        stream = client.streaming.create_historical_generator_stream(file_path=path, listener=listener)
        yield from stream.get_generator()()


def betflow_stream(paths: Sequence[str], prices: bool) -> int:  # noqa: FBT001
    """Read as betflow's stream does, from received bytes to books; return the number of messages."""
    from betflow.betfair.secrets import Secret
    from betflow.betfair.stream.session import StreamSession
    from betflow.exchange.book import MarketBooks
    from betflow.wire.stream import MarketChangeMessage, MarketSubscription

    def changes(path: str) -> Iterator[MarketChangeMessage]:
        session = StreamSession(Secret("key"), [MarketSubscription(id=0)], chance=lambda: 0.0)
        session.opened(Secret("token"), 0.0)
        session.receive(b'{"op":"connection"}\r\n{"op":"status","id":1,"statusCode":"SUCCESS"}\r\n', 0.0)
        for packet in _as_received(path):
            for each in session.receive(packet, 0.0):
                if type(each) is MarketChangeMessage:
                    yield each

    messages = 0
    for path in paths:
        for market in MarketBooks().fold(changes(path)):
            messages += 1
            if prices:
                for runner in market.runners:
                    runner.best_back  # noqa: B018 - looking is the point
                    runner.best_lay  # noqa: B018
    return messages


def betfairlightweight_stream(paths: Sequence[str], prices: bool) -> int:  # noqa: FBT001
    """Read as betfairlightweight's stream does, to its queue; return the number of messages."""
    import betfairlightweight as peer
    from betfairlightweight.exceptions import SocketError
    from betfairlightweight.streaming.betfairstream import BetfairStream

    taken = _Taken(prices=prices)
    for path in paths:
        listener = peer.StreamListener(output_queue=taken, max_latency=None, lightweight=True)
        listener.register_stream(_SUBSCRIPTION, "marketSubscription")
        stream = BetfairStream(_SUBSCRIPTION, listener, "key", "token", 64, 1024, None)
        stream._socket = _Received(path)  # noqa: SLF001 - it makes its own otherwise
        stream._running = True  # noqa: SLF001
        try:
            stream._read_loop()  # noqa: SLF001 - without connecting
        except SocketError:  # how it ends
            continue
    return taken.messages


_SUBSCRIPTION = 2  # the id that both give to their first subscription


@cache
def _as_received(path: str) -> list[bytes]:
    """Return the messages of a tape as a subscription brings them: with its id, one to a packet."""
    mark = b'{"id":%d,' % _SUBSCRIPTION
    return [mark + line[1:] + b"\r\n" for line in Path(path).read_bytes().splitlines()]


class _Taken:
    """A queue whose end takes what is put into it at once."""

    def __init__(self, *, prices: bool) -> None:
        self.messages = 0
        self._prices = prices

    def put(self, books: list[dict[str, Any]]) -> None:
        self.messages += 1
        if self._prices:
            for book in books:
                for runner in book["runners"]:
                    exchange = runner["ex"]
                    backs = exchange["availableToBack"]
                    backs and backs[0]["price"]
                    lays = exchange["availableToLay"]
                    lays and lays[0]["price"]


class _Received:
    """A socket that has received a tape, message by message."""

    def __init__(self, path: str) -> None:
        self._packets = iter(_as_received(path))
        self._rest = b""

    def recv(self, size: int) -> bytes:
        self._rest = self._rest or next(self._packets, b"")
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def shutdown(self, _: int) -> None:
        """Nothing is connected."""

    def close(self) -> None:
        """Nothing is connected."""


READERS: dict[str, Reader] = {
    reader.__name__: reader
    for reader in (
        betflow,
        betflow_in_python,
        betfair_data,
        betfair_data_mutable,
        betfairlightweight,
        betfairlightweight_objects,
        betflow_stream,
        betfairlightweight_stream,
    )
}


def main() -> None:
    """Read the files whole, again and again until enough time has passed; print messages and seconds."""
    parser = argparse.ArgumentParser(
        description="Read tapes with one reader and print what it took, as JSON."
    )
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("files", nargs="+", help="tapes, as many as one pass reads")
    parser.add_argument("--prices", action="store_true", help="look at every runner's best prices")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long to go on (default: one pass)")
    options = parser.parse_args()

    read = READERS[options.reader]
    if options.reader.endswith("_stream"):
        for file in options.files:
            _as_received(file)  # what is received is there before the clock starts
    messages = passes = 0
    start = perf_counter()
    while True:
        messages += read(options.files, options.prices)
        passes += 1
        elapsed = perf_counter() - start
        if elapsed >= options.seconds:
            break
    print(json.dumps({"messages": messages, "passes": passes, "seconds": elapsed}))


if __name__ == "__main__":
    main()
