"""
A nautilus_trader node that follows one market live, and places and cancels an order in it.

Run by the tests with a Python that has nautilus_trader. Its adapter has no settings for addresses, so the
places where it keeps them are set before it is used; its code is as its authors made it. Prints one JSON
object with what it saw.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any


def find_the_sandbox(where: dict[str, Any]) -> None:
    """Let the adapter find the sandbox: HTTPS with its authority, the stream without TLS on loopback."""
    os.environ["SSL_CERT_FILE"] = where["ca_file"]
    import betfair_parser.endpoints as addresses
    from nautilus_trader.adapters.betfair import client, data, execution, sockets

    api = where["api"]
    addresses.EndpointConfig.accounts = f"{api}account/json-rpc/v1/"
    addresses.EndpointConfig.betting = f"{api}betting/json-rpc/v1/"
    addresses.EndpointConfig.scores = f"{api}scores/json-rpc/v1/"
    client.ENDPOINTS = addresses.EndpointConfig(
        identity=where["identity"],
        identity_cert=where["identity"],
        navigation=where["navigation"],
        heartbeat=f"{api}heartbeat/json-rpc/v1/",
        stream=f"ndjson://{where['plain_stream']}",
    )
    host, _, port = where["plain_stream"].rpartition(":")

    def leading_there(kind: type) -> type:
        class Plain(kind):  # type: ignore[misc]  # a class of theirs
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **{**options, "host": host, "port": int(port)})
                self.use_ssl = False

        return Plain

    data.BetfairMarketStreamClient = leading_there(sockets.BetfairMarketStreamClient)
    execution.BetfairOrderStreamClient = leading_there(sockets.BetfairOrderStreamClient)


def main() -> None:
    """Run the node until its order is cancelled."""
    where = json.loads(Path(sys.argv[1]).read_text())
    find_the_sandbox(where)
    from nautilus_trader.adapters.betfair.config import BetfairDataClientConfig, BetfairExecClientConfig
    from nautilus_trader.adapters.betfair.constants import BETFAIR
    from nautilus_trader.adapters.betfair.factories import (
        BetfairLiveDataClientFactory,
        BetfairLiveExecClientFactory,
    )
    from nautilus_trader.adapters.betfair.providers import BetfairInstrumentProviderConfig
    from nautilus_trader.config import LoggingConfig, TradingNodeConfig
    from nautilus_trader.live.node import TradingNode
    from nautilus_trader.model.enums import OrderSide
    from nautilus_trader.model.objects import Price, Quantity
    from nautilus_trader.trading.strategy import Strategy

    seen: dict[str, Any] = {"events": [], "updates": 0}

    class PlaceAndCancel(Strategy):  # type: ignore[misc]  # a class of theirs
        """Follows the first runner; backs it far from the market; cancels."""

        def on_start(self) -> None:
            instruments = sorted(self.cache.instruments(), key=lambda each: each.id.value)
            seen["instruments"] = len(instruments)
            self.first = instruments[0]
            self.order: Any = None
            self.subscribe_order_book_deltas(self.first.id)

        def on_order_book_deltas(self, _deltas: Any) -> None:
            seen["updates"] += 1
            if self.order is None:
                # In nautilus's words: to back is to sell the price of the runner.
                self.order = self.order_factory.limit(
                    self.first.id, OrderSide.SELL, Quantity.from_str("2.00"), Price.from_str("1000.00")
                )
                self.submit_order(self.order)

        def on_order_accepted(self, event: Any) -> None:
            seen["events"].append("accepted")
            self.cancel_order(self.order)

        def on_order_canceled(self, event: Any) -> None:
            seen["events"].append("cancelled")
            stop()

        def on_order_rejected(self, event: Any) -> None:
            seen["events"].append(f"rejected: {event.reason}")
            stop()

    def stop() -> None:
        node.kernel.loop.call_soon(lambda: node.kernel.loop.create_task(node.stop_async()))

    account = {
        "account_currency": "GBP",
        "username": where["username"],
        "password": where["password"],
        "app_key": where["app_key"],
        "instrument_config": BetfairInstrumentProviderConfig(
            account_currency="GBP", market_ids=[where["market_id"]]
        ),
    }
    config = TradingNodeConfig(
        trader_id="SANDBOX-001",
        logging=LoggingConfig(log_level=where.get("log_level", "ERROR")),
        data_clients={BETFAIR: BetfairDataClientConfig(**account, stream_conflate_ms=0)},
        exec_clients={BETFAIR: BetfairExecClientConfig(**account)},
        timeout_connection=30.0,
        timeout_reconciliation=10.0,
        timeout_portfolio=10.0,
        timeout_disconnection=5.0,
        timeout_post_stop=1.0,
    )
    node = TradingNode(config=config)
    node.trader.add_strategy(PlaceAndCancel())
    node.add_data_client_factory(BETFAIR, BetfairLiveDataClientFactory)
    node.add_exec_client_factory(BETFAIR, BetfairLiveExecClientFactory)
    node.build()
    try:
        node.run()
    finally:
        node.dispose()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
