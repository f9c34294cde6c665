"""
The loops that are compared, one process each: read tapes, and look at the best prices after every message.

Every reader does the same: it goes through all messages of all files and, where *prices* are asked for,
takes the best price to back and to lay of every runner. Run as a program it does so for a while and prints
what it took.
"""

import argparse
import json
from collections.abc import Callable, Sequence
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


READERS: dict[str, Reader] = {
    reader.__name__: reader
    for reader in (
        betflow,
        betfair_data,
        betfair_data_mutable,
        betfairlightweight,
        betfairlightweight_objects,
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
