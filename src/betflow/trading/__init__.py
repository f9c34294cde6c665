"""
How we decide: strategies, limits of risk, and the loop that plays them against an exchange.

Pure: no I/O, no clock, no randomness, no settings. Messages, time and ids come in as arguments, so the same
strategy object runs over tapes and on live data.

A strategy in its shortest form::

    from betflow.trading import Strategy


    class LayTheField(Strategy):
        def on_book(self, market):
            for runner in market.active_runners:
                if runner.best_back and not market.has_placed(runner):
                    yield market.lay(runner, runner.best_back, 2.00)
"""

from betflow.trading.engine import Engine, Latency
from betflow.trading.market import Market
from betflow.trading.played import Evidence, Placement, Played, PlayedMarket, Told
from betflow.trading.strategy import Instruction, Strategy

__all__ = [
    "Engine",
    "Evidence",
    "Instruction",
    "Latency",
    "Market",
    "Placement",
    "Played",
    "PlayedMarket",
    "Strategy",
    "Told",
]
