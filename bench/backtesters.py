"""
The backtests that are compared, one process each: betflow and flumine, with strategies that do the same.

``idle`` looks at every message and asks for nothing. ``lay`` lays every active runner once, at its best price
to back when it is first seen before the off, 2.00 each. Both settle what was matched; betflow keeps the
evidence of every fill. Run as a program it plays tapes for a while and prints what it took.

It runs in two environments, so it imports what it needs where it needs it.
"""

import argparse
import json
import logging
import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

Backtester = Callable[[str], int]

SIZE = 2.0


def betflow_idle(path: str) -> int:
    """Play a tape with a strategy that asks for nothing; return the number of messages."""
    from betflow.trading.strategy import Strategy

    class Idle(Strategy):
        def on_book(self, market: Any) -> None:
            """See a book, and ask for nothing."""

    return _betflow(path, Idle())


def betflow_lay(path: str) -> int:
    """Play a tape and lay every active runner once; return the number of messages."""
    from betflow.trading.strategy import Strategy
    from betflow.wire.enums import MarketStatus, RunnerStatus

    class Lay(Strategy):
        def __init__(self) -> None:
            self.laid: dict[str, set[tuple[int, float]]] = {}

        def on_book(self, market: Any) -> list[Any] | None:
            book = market.book
            definition = book.definition
            laid = self.laid.setdefault(book.market_id, set())
            if len(laid) == len(book.runners) or definition.in_play or definition.status != MarketStatus.OPEN:
                return None
            asked = []
            for runner in book.changed_runners:
                key = runner.selection_id, runner.handicap
                if key in laid or runner.best_back is None or runner.status != RunnerStatus.ACTIVE:
                    continue
                laid.add(key)
                asked.append(market.lay(runner, runner.best_back, SIZE))
            return asked

    return _betflow(path, Lay())


def _betflow(path: str, strategy: Any) -> int:
    from betflow.tape import Tape
    from betflow.trading.engine import Engine
    from betflow.trading.results import market_results

    played = Engine([strategy]).run([Tape(path)])
    for market in played.markets.values():
        market_results(market)
    return played.messages


def betflow_few_orders(path: str) -> int:
    """Play a tape with a hundred orders that wait; return the number of messages."""
    return _betflow_waiting(path, 100)


def betflow_many_orders(path: str) -> int:
    """Play a tape with ten thousand orders that wait; return the number of messages."""
    return _betflow_waiting(path, 10_000)


def _betflow_waiting(path: str, count: int) -> int:
    """Back on every runner at prices far above what is offered, spread over the ladder, again and again."""
    from itertools import cycle, islice

    from betflow.exchange.prices import CLASSIC
    from betflow.trading.strategy import Strategy
    from betflow.wire.enums import MarketStatus

    prices = [float(price) for price in CLASSIC][-70:]

    class Wait(Strategy):
        def __init__(self) -> None:
            self.is_done = False

        def on_book(self, market: Any) -> list[Any] | None:
            if self.is_done or market.definition.status != MarketStatus.OPEN or not market.active_runners:
                return None
            self.is_done = True
            places = cycle((runner, price) for price in prices for runner in market.active_runners)
            return [market.back(runner, price, SIZE) for runner, price in islice(places, count)]

    return _betflow(path, Wait())


def flumine_idle(path: str) -> int:
    """Play a tape with a strategy of flumine that asks for nothing; return the number of books."""
    from flumine import BaseStrategy

    class Idle(BaseStrategy):  # type: ignore[misc]  # flumine has no types
        books = 0

        def check_market_book(self, market: Any, market_book: Any) -> bool:
            self.books += 1
            return False

    return _flumine(path, Idle)


def flumine_lay(path: str) -> int:
    """Play a tape with flumine and lay every active runner once; return the number of books."""
    from flumine import BaseStrategy
    from flumine.order.ordertype import LimitOrder
    from flumine.order.trade import Trade

    class Lay(BaseStrategy):  # type: ignore[misc]  # flumine has no types
        books = 0

        def start(self, flumine: Any) -> None:
            self.laid: set[tuple[str, int, float]] = set()

        def check_market_book(self, market: Any, market_book: Any) -> bool:
            self.books += 1
            return bool(market_book.status == "OPEN" and not market_book.inplay)

        def process_market_book(self, market: Any, market_book: Any) -> None:
            for runner in market_book.runners:
                key = market.market_id, runner.selection_id, runner.handicap
                if key in self.laid or runner.status != "ACTIVE" or not runner.ex.available_to_back:
                    continue
                self.laid.add(key)
                trade = Trade(market.market_id, runner.selection_id, runner.handicap, self)
                price = runner.ex.available_to_back[0]["price"]
                market.place_order(trade.create_order(side="LAY", order_type=LimitOrder(price, SIZE)))

    return _flumine(path, Lay)


def _flumine(path: str, strategy: Any) -> int:
    from flumine import FlumineSimulation, clients
    from flumine.streams.betfairhistoricalstream import BetfairHistoricalStream

    logging.disable(logging.CRITICAL)
    framework = FlumineSimulation(client=clients.SimulatedClient(min_bet_validation=False))
    playing = strategy(
        stream=BetfairHistoricalStream(file_path=path),
        max_order_exposure=100_000,
        max_selection_exposure=100_000,
        max_live_trade_count=1_000_000,
    )
    framework.add_strategy(playing)
    framework.run()
    return int(playing.books)


BACKTESTERS: dict[str, Backtester] = {
    each.__name__: each
    for each in (
        betflow_idle,
        betflow_lay,
        betflow_few_orders,
        betflow_many_orders,
        flumine_idle,
        flumine_lay,
    )
}


def main() -> None:
    """Play the tapes, again and again until enough time has passed; print passes, messages and seconds."""
    parser = argparse.ArgumentParser(description="Backtest tapes and print what it took, as JSON.")
    parser.add_argument("backtester", choices=BACKTESTERS)
    parser.add_argument("files", nargs="+", help="tapes, each played alone")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long to go on (default: one pass)")
    options = parser.parse_args()

    play = BACKTESTERS[options.backtester]
    play(min(options.files, key=os.path.getsize))  # so that importing is not part of the time
    messages = passes = 0
    start = perf_counter()
    while True:
        messages += sum(map(play, options.files))
        passes += 1
        elapsed = perf_counter() - start
        if elapsed >= options.seconds:
            break
    print(json.dumps({"messages": messages, "passes": passes, "seconds": elapsed}))


if __name__ == "__main__":
    main()
