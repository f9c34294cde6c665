"""What a backtest answers, gathered market by market; memory grows by what is listed, not by what happened."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from betflow.errors import Finding
from betflow.exchange.assumptions import Assumptions
from betflow.jobs.backtest_bodies import order_body
from betflow.jobs.backtest_play import PlayedTapes
from betflow.jobs.backtest_tapes import Plan
from betflow.jobs.outcome import Artifact, artifact_of
from betflow.trading.orders_file import ScriptedOrder
from betflow.trading.results import row_of_unplayed
from betflow.trading.scripted import ScriptedOrders

MOST_ORDERS: Final = 2_000
"""Orders in the answer; the results file has all."""


class Answer:
    """
    What a backtest answers.

    Attributes:
        findings: What went wrong, in the order of the groups.
    """

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self.findings = list(findings)
        self._markets: list[dict[str, Any]] = []
        self._orders: list[dict[str, Any]] = []
        self._number_of_orders = 0
        self._tapes: list[dict[str, Any]] = []
        self._inputs: dict[str, Artifact] = {}
