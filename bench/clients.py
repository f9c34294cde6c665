"""
The clients of the sandbox that are compared, one process each.

They run in two environments, so each imports what it needs where it needs it.
"""

import argparse
import json
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROFILE = "sandbox"
_SETTLED_S = 2.0
_BLOCK = 1 << 16
_BOOKS = 15_000
_FIELDS = (
    "EX_ALL_OFFERS",
    "EX_TRADED",
    "EX_TRADED_VOL",
    "EX_LTP",
    "EX_MARKET_DEF",
    "SP_TRADED",
    "SP_PROJECTED",
)

_BEST_OFFERS = ("EX_BEST_OFFERS", "EX_LTP", "EX_MARKET_DEF")

Client = Callable[[dict[str, str], float], float]


def gateway(_where: dict[str, str], seconds: float) -> float:
    """Ask for the account's funds with betflow's gateway; return the milliseconds of a call."""
    from betflow.betfair.reading import ReadingGateway
    from betflow.jobs.connecting import open_connection
    from betflow.settings import load_settings

    overrides = {"data_dir": Path("data"), "betfair": {"api": {"rate_limit": 1_000_000}}}
    with open_connection(load_settings(profile=_PROFILE, overrides=overrides)) as connection:
        reading = ReadingGateway(connection)
        return _milliseconds(reading.get_account_funds, seconds)


def bare_requests(where: dict[str, str], seconds: float) -> float:
    """Ask for the same with requests alone, decoding included; return the milliseconds of a call."""
    import requests

    url = f"{where['api']}/exchange/account/json-rpc/v1"
    call = {"jsonrpc": "2.0", "method": "AccountAPING/v1.0/getAccountFunds", "params": {}, "id": 1}
    headers = {"X-Application": "SandboxLiveKey01", "X-Authentication": _token(where)}
    with requests.Session() as session:
        return _milliseconds(lambda: session.post(url, json=call, headers=headers).json(), seconds)


def stream_bytes(where: dict[str, str], _seconds: float) -> float:
    """Take what the stream sends, as fast as it comes; return the messages a second."""
    return _messages_a_second(where, 1)


def stream_best_offers(where: dict[str, str], _seconds: float) -> float:
    """Take the ten best prices by level; return the messages a second."""
    return _messages_a_second(where, 1, _BEST_OFFERS)


def stream_ten(where: dict[str, str], _seconds: float) -> float:
    """Take every field on ten connections; return the messages a second of all together."""
    return _messages_a_second(where, 10)


def stream_conflated(where: dict[str, str], _seconds: float) -> float:
    """Take every field, put together over a second of simulated time; return the changes a second."""
    from betflow.sandbox.streaming.tokens import position_of

    taken = _take(_subscribed(where, conflateMs=1000))
    positions = [position_of(json.loads(line)["clk"]) or 0 for line in (taken.first, taken.latest)]
    return (positions[1] - positions[0]) / (taken.ended - taken.began)


def flumine(where: dict[str, str], _seconds: float) -> float:
    """Let a strategy of flumine that does nothing see every book; return the books a second."""
    from collections import defaultdict

    import betfairlightweight
    from betfairlightweight.filters import streaming_market_data_filter, streaming_market_filter
    from betfairlightweight.streaming import BetfairStream
    from flumine import BaseStrategy, Flumine, clients
    from flumine.events.events import TerminationEvent
    from flumine.streams.betfairmarketstream import BetfairMarketStream

    seen: list[float] = []

    class Idle(BaseStrategy):  # type: ignore[misc]  # the peer has no types
        def check_market_book(self, _market: object, _book: object) -> bool:
            return True

        def process_market_book(self, market: Any, _book: object) -> None:  # noqa: ANN401 - same
            seen.append(time.perf_counter())
            if len(seen) == _BOOKS:
                market.flumine.handler_queue.queue.appendleft(TerminationEvent(None))  # before all that waits

    host, port = where["stream"].split(":")
    BetfairStream.HOSTS = defaultdict(lambda: host)
    BetfairStream._BetfairStream__port = int(port)  # noqa: SLF001 - the recipe: there is no setting for it
    trading = betfairlightweight.APIClient(
        "sandbox", "sandbox", app_key="SandboxLiveKey01", certs=where["certificates"]
    )
    trading.identity_uri = trading.identity_cert_uri = f"{where['api']}/api/"
    trading.api_uri = f"{where['api']}/exchange/"
    framework = Flumine(client=clients.BetfairClient(trading, order_stream=False))
    stream = BetfairMarketStream(
        market_filter=streaming_market_filter(market_ids=where["markets"].split(",")),
        market_data_filter=streaming_market_data_filter(fields=list(_FIELDS)),
    )
    framework.add_strategy(Idle(stream=stream))
    framework.run()
    return (len(seen) - 1) / (seen[-1] - seen[0])


def _token(where: dict[str, str]) -> str:
    import requests

    form = {"username": "sandbox", "password": "sandbox"}
    headers = {"X-Application": "SandboxLiveKey01", "Accept": "application/json"}
    return str(
        requests.post(f"{where['api']}/api/login", data=form, headers=headers, timeout=10).json()["token"]
    )


def _subscribed(where: dict[str, str], fields: Sequence[str] = _FIELDS, **others: int) -> ssl.SSLSocket:
    """Return a connection that has subscribed to the measurement's markets; every field unless told."""
    host, port = where["stream"].split(":")
    context = ssl.create_default_context(cafile=where["ca_file"])
    stream = context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
    requests: list[dict[str, Any]] = [
        {"op": "authentication", "appKey": "SandboxLiveKey01", "session": _token(where)},
        {
            "op": "marketSubscription",
            "marketFilter": {"marketIds": where["markets"].split(",")},
            "marketDataFilter": {"fields": fields},
            **others,
        },
    ]
    _line(stream)
    for request in requests:
        stream.sendall(json.dumps(request).encode() + b"\r\n")
        _line(stream)
    return stream


@dataclass(frozen=True, slots=True)
class _Taken:
    """What came on a connection: how many messages, from when to when, and two of them."""

    messages: int
    began: float
    ended: float
    first: bytes
    latest: bytes


def _take(stream: ssl.SSLSocket) -> _Taken:
    """Take what comes until nothing comes for a while."""
    first = _line(stream)
    began, ended, messages, latest = time.perf_counter(), 0.0, 1, b""
    stream.settimeout(_SETTLED_S)
    while True:
        try:
            block = stream.recv(_BLOCK)
        except TimeoutError:
            return _Taken(messages, began, ended, first, latest.splitlines()[-1])
        messages += block.count(b"\n")
        latest = block if block.count(b"\n") > 1 else latest + block
        ended = time.perf_counter()


def _messages_a_second(where: dict[str, str], clients: int, fields: Sequence[str] = _FIELDS) -> float:
    """Let clients begin at once, each reading from its first message on."""
    with ThreadPoolExecutor(clients) as threads:
        taken = list(threads.map(lambda _: _take(_subscribed(where, fields)), range(clients)))
    began, ended = min(each.began for each in taken), max(each.ended for each in taken)
    return sum(each.messages for each in taken) / (ended - began)


def _line(stream: ssl.SSLSocket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        line += stream.recv(1)
    return line


def _milliseconds(call: Callable[[], object], seconds: float) -> float:
    """
    Make a call again and again, and return how long one takes, after some that do not count.

    Of all calls the fastest twentieth counts: others on the machine only ever make a call longer.
    """
    for _ in range(20):
        call()
    took = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 20] * 1000


CLIENTS: dict[str, Client] = {
    each.__name__: each
    for each in (
        gateway,
        bare_requests,
        stream_bytes,
        stream_best_offers,
        stream_conflated,
        stream_ten,
        flumine,
    )
}


def main() -> None:
    """Print what a client measures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    where = json.loads((options.folder / "where.json").read_text())
    print(CLIENTS[options.client](where, options.seconds))


if __name__ == "__main__":
    main()
