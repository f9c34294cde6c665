"""
A flumine strategy that plays one race, live: lays the three shortest prices and backs the shortest higher up.

Run by the tests with the Python of other people's clients. flumine is as its authors made it; only addresses
and the authority are ours. Prints one JSON object: what flumine knows of its orders and what it was paid.
"""

import json
import sys
from pathlib import Path
from typing import Any

from betfairlightweight.filters import (
    market_filter,
    streaming_market_data_filter,
    streaming_market_filter,
)
from flumine import BaseStrategy, Flumine, clients
from flumine.events import events
from flumine.order.order import BetfairOrder
from flumine.order.ordertype import LimitOrder, MarketOnCloseOrder
from flumine.order.trade import Trade
from flumine.streams.betfairmarketstream import BetfairMarketStream
from flumine.worker import BackgroundWorker, poll_market_closure
from lightweight_tour import connected, hurry


class PlayOneRace(BaseStrategy):  # type: ignore[misc]  # a class of theirs
    """Bets once on the first race, and watches what becomes of it."""

    def start(self, flumine: Flumine) -> None:
        """Nothing is bet yet."""
        self.market_id = ""
        self.is_hurried = False
        self.closed: dict[str, Any] = {}

    def check_market_book(self, market: Any, market_book: Any) -> bool:
        """Look at markets that can be bet on."""
        return market_book.status == "OPEN" and not market_book.inplay and not self.market_id

    def process_market_book(self, market: Any, market_book: Any) -> None:
        """Bet, once."""
        runners = [
            each
            for each in market_book.runners
            if each.status == "ACTIVE" and each.ex.available_to_back and each.ex.available_to_lay
        ]
        if len(runners) < 3:
            return
        self.market_id = market_book.market_id
        runners.sort(key=lambda each: each.ex.available_to_lay[0]["price"])
        for runner in runners[:3]:
            price = runner.ex.available_to_lay[0]["price"]
            self.place(market, runner, "LAY", LimitOrder(price, 2.0, persistence_type="LAPSE"))
        favourite = runners[0]
        self.place(market, favourite, "BACK", LimitOrder(1000, 2.0, persistence_type="PERSIST"))
        self.place(market, favourite, "BACK", MarketOnCloseOrder(liability=3.0))

    def place(self, market: Any, runner: Any, side: str, order_type: Any) -> None:
        """Place one order."""
        trade = Trade(market.market_id, runner.selection_id, runner.handicap, self)
        market.place_order(trade.create_order(side=side, order_type=order_type), force=True)

    def process_orders(self, market: Any, orders: list[BetfairOrder]) -> None:
        """Cancel what waits, as soon as it does; then nothing is left to do but to let the race be run."""
        for order in orders:
            is_waiting = order.order_type.ORDER_TYPE.name == "LIMIT" and order.order_type.price == 1000
            if is_waiting and order.status.name == "EXECUTABLE" and order.bet_id:
                market.cancel_order(order)
            elif is_waiting and order.status.name == "EXECUTION_COMPLETE" and not self.is_hurried:
                self.is_hurried = True
                hurry(self.context)

    def process_closed_market(self, market: Any, market_book: Any) -> None:
        """Remember what the market ended with."""
        self.closed[market_book.market_id] = {
            str(each.selection_id): each.status for each in market_book.runners
        }


def stop_when_paid(_context: dict[str, Any], framework: Flumine) -> None:
    """End flumine when it has been told what it was paid for its orders and its market."""
    strategy = next(iter(framework.strategies))
    market = framework.markets.markets.get(strategy.market_id)
    if (
        market is not None
        and market.orders_cleared
        and market.market_cleared
        and framework.handler_queue.empty()
    ):
        framework.handler_queue.put(events.TerminationEvent(framework))


def main() -> None:
    """Run it, and tell."""
    where = json.loads(Path(sys.argv[1]).read_text())
    trading = connected(where)
    trading.login()
    race = trading.betting.list_market_catalogue(
        filter=market_filter(event_type_ids=["7"], market_type_codes=["WIN"]),
        sort="FIRST_TO_START",
        max_results=1,
    )[0]
    framework = Flumine(client=clients.BetfairClient(trading, order_stream=True))
    stream = BetfairMarketStream(
        market_filter=streaming_market_filter(market_ids=[race.market_id]),
        market_data_filter=streaming_market_data_filter(
            fields=["EX_BEST_OFFERS", "EX_MARKET_DEF", "EX_LTP"], ladder_levels=3
        ),
        streaming_timeout=0.25,
    )
    strategy = PlayOneRace(stream=stream, context=where, max_selection_exposure=1000, max_order_exposure=1000)
    framework.add_strategy(strategy)
    # flumine looks once a minute; here a race takes seconds.
    framework.add_worker(BackgroundWorker(framework, poll_market_closure, interval=0.5))
    framework.add_worker(BackgroundWorker(framework, stop_when_paid, interval=0.2))
    framework.run()
    market = framework.markets.markets[strategy.market_id]
    cleared_market = market.market_cleared
    json.dump(
        {
            "market_id": strategy.market_id,
            "results": strategy.closed[strategy.market_id],
            "cleared": bool(cleared_market),
            "orders": [
                {
                    "bet_id": order.bet_id,
                    "side": order.side,
                    "selection_id": order.selection_id,
                    "type": order.order_type.ORDER_TYPE.name,
                    "matched": order.size_matched,
                    "price": order.average_price_matched,
                    "status": order.status.name,
                    "profit": order.cleared_order.profit if order.cleared_order else None,
                }
                for order in market.blotter
            ],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
