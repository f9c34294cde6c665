"""
betfair_parser, whose decoders refuse what they do not know, reads a book with matches and streams by filter.

Run by the tests with a Python that has it and requests. Its addresses are set where it keeps them; its code
is as its authors made it. Prints one JSON object with what it saw.
"""

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import requests
from betfair_parser import client
from betfair_parser.endpoints import EndpointConfig
from betfair_parser.spec import accounts, betting
from betfair_parser.spec.streaming import (
    Authentication,
    MarketDataFilter,
    MarketFilter,
    MarketSubscription,
    stream_decode,
)

HORSE_RACING = 7


def addresses(where: dict[str, Any]) -> EndpointConfig:
    """Return where the sandbox is."""
    api = where["api"]
    EndpointConfig.accounts = f"{api}account/json-rpc/v1/"
    EndpointConfig.betting = f"{api}betting/json-rpc/v1/"
    return EndpointConfig(
        identity=where["identity"],
        identity_cert=where["identity"],
        navigation=where["navigation"],
        heartbeat=f"{api}heartbeat/json-rpc/v1/",
        stream=f"ndjson://{where['plain_stream']}",
    )


def streamed(where: dict[str, Any], token: str) -> Iterator[Any]:
    """Subscribe to a sport by its number, as the client has it, and yield what comes."""
    host, _, port = where["plain_stream"].rpartition(":")
    said = (
        Authentication(id=1, app_key=where["app_key"], session=token),
        MarketSubscription(
            id=2,
            market_filter=MarketFilter(event_type_ids={HORSE_RACING}),
            market_data_filter=MarketDataFilter(fields={"EX_ALL_OFFERS", "EX_MARKET_DEF"}),
        ),
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        lines = connection.makefile("rb")
        yield stream_decode(lines.readline())
        for each in said:
            connection.sendall(msgspec.json.encode(each) + b"\r\n")
            yield stream_decode(lines.readline())
        yield stream_decode(lines.readline())


def main() -> None:
    """Bet, read it, and stream."""
    where = json.loads(Path(sys.argv[1]).read_text())
    found = addresses(where)
    session = requests.Session()
    session.verify = where["ca_file"]
    client.login(session, where["username"], where["password"], where["app_key"], endpoints=found)

    def ask(request: Any) -> Any:
        return client.request(session, request, endpoints=found)

    details = ask(accounts.GetAccountDetails.with_params())
    market, *_ = ask(
        betting.ListMarketCatalogue.with_params(
            filter=betting.MarketFilter(event_type_ids={HORSE_RACING}, market_type_codes={"WIN"}),
            market_projection={"RUNNER_DESCRIPTION"},
            max_results=1,
        )
    )
    bet = betting.PlaceInstruction(
        order_type="LIMIT",
        selection_id=market.runners[0].selection_id,
        side="BACK",
        limit_order=betting.LimitOrder(size=2.0, price=1.01, persistence_type="LAPSE"),
    )
    placed = ask(
        betting.PlaceOrders.with_params(market_id=market.market_id, instructions=[bet], customer_ref="one")
    )
    (book,) = ask(
        betting.ListMarketBook.with_params(
            market_ids=[market.market_id],
            match_projection="NO_ROLLUP",
            order_projection="ALL",
            currency_code=details.currency_code,
        )
    )
    *_, image = streamed(where, str(session.headers["X-Authentication"]))
    print(
        json.dumps(
            {
                "placed": str(placed.status.value),
                "matches": [str(match.match_id) for runner in book.runners for match in runner.matches or ()],
                "streamed": sorted(change.id for change in image.mc),
                "market": market.market_id,
            }
        )
    )


if __name__ == "__main__":
    main()
