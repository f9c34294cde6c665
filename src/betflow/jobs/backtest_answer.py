"""What a backtest answers, gathered market by market; memory grows with what is listed alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

from betflow.errors import Finding
from betflow.exchange.assumptions import Assumptions
from betflow.exchange.matching.orders import Case
from betflow.exchange.snapshot import json_ready
from betflow.jobs.backtest_bodies import PlayedTape, order_body
from betflow.jobs.backtest_play import PlayedTapes
from betflow.jobs.backtest_tapes import Plan
from betflow.jobs.outcome import Artifact, artifact_of
from betflow.trading.orders_file import ScriptedOrder
from betflow.trading.performance import Group, Performance, Totals
from betflow.trading.results import MarketResults, row_of_unplayed
from betflow.trading.scripted import ScriptedOrders

MOST_ORDERS: Final = 1_000
"""Orders in the answer; the results file has all."""


class Answer:
    """
    What a backtest answers.

    Attributes:
        findings: What went wrong, in the order of the groups.
    """

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self.findings = list(findings)
        self._totals = Totals()
        self._markets: list[dict[str, Any]] = []
        self._orders: list[dict[str, Any]] = []
        self._number_of_orders = 0
        self._refused: Counter[tuple[str, str]] = Counter()
        self._tapes: list[PlayedTape] = []
        self._inputs: dict[str, Artifact] = {}

    def add_market(self, body: dict[str, Any], results: MarketResults) -> None:
        """Take what a market came to, as it was written down and as it was settled."""
        market_id = body["market"]["market_id"]
        self._totals.add(results)
        self._markets.append(
            {
                **body["market"],
                "settled": body["settled"],
                "result": body["result"],
                "orders": len(body["orders"]),
                "tapes": [tape["name"] for tape in body["tapes"]],
            }
        )
        self._add_orders(body["orders"])
        self.findings += [
            Finding(each["code"], market_id, each["message"], each["where"]) for each in body["findings"]
        ]

    def add_tapes(self, played: PlayedTapes) -> None:
        """Take what tapes were played together, and what was wrong with them."""
        self._tapes += played.tapes
        self.findings += [tape.finding for tape in played.tapes if tape.finding is not None]
        self.findings += played.findings
        self._inputs.update((each.path, each) for each in played.inputs)

    def rest(
        self, orders: Sequence[ScriptedOrder], assumptions: Assumptions, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what stands behind the markets in the results: it does not depend on where anything lies."""
        played = {market["market_id"] for market in self._markets}
        unplaced = [
            order_body(row_of_unplayed(each, assumptions=assumptions), each, (), {})
            for each in ScriptedOrders(orders).unplayed(played)
        ]
        self._add_orders(unplaced)
        return {
            "request": request,
            "tapes": [
                {
                    "name": tape.name,
                    "sha256": tape.sha256,
                    "messages": tape.messages,
                    "finding": None if tape.finding is None else tape.finding.code,
                }
                for tape in self._tapes
            ],
            "totals": self._all_totals(),
            "unplaced": unplaced,
        }

    def data(self, rest: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer, but for what only the run knows."""
        return {
            "request": rest["request"],
            "totals": rest["totals"],
            "messages": sum(tape.messages for tape in self._tapes),
            "tapes": [
                {**each, "path": tape.path} for each, tape in zip(rest["tapes"], self._tapes, strict=True)
            ],
            "markets": self._markets,
            "number_of_orders": self._number_of_orders,
            "refused": [
                {"error_code": code, "reason": reason, "orders": orders}
                for (code, reason), orders in self._refused.most_common()
            ],
            "orders_left_out": max(0, self._number_of_orders - MOST_ORDERS),
            "orders": self._orders,
        }

    def inputs(self, planned: Plan) -> Iterator[Artifact]:
        """Yield the files that were read; an archive that several workers shared is hashed here."""
        yield from self._inputs.values()
        shared = {tape.path for group in planned.groups for tape in group if tape.part is not None}
        for path in sorted(shared):
            with suppress(OSError):  # a finding of its tapes says so
                yield artifact_of(path)

    def _add_orders(self, orders: Sequence[dict[str, Any]]) -> None:
        self._number_of_orders += len(orders)
        self._refused.update(
            (order["error_code"], order["reason"]) for order in orders if order["error_code"] is not None
        )
        self._orders += orders[: MOST_ORDERS - len(self._orders)]

    def _all_totals(self) -> dict[str, Any]:
        """Return the totals, in the expected case and the other two: of all, by strategy and by side."""
        totals = self._totals
        return {
            **_in_cases({case: totals.overall(case) for case in Case}),
            "strategies": self._by(Group.STRATEGY, "strategy"),
            "sides": self._by(Group.SIDE, "side"),
        }

    def _by(self, group: Group, name: str) -> list[dict[str, Any]]:
        cases = {case: self._totals.by(group, case) for case in Case}
        return [
            {name: key, **_in_cases({case: cases[case][key] for case in Case})}
            for key in cases[Case.EXPECTED]
        ]


def _in_cases(performance: Mapping[Case, Performance]) -> dict[str, Any]:
    figures: dict[Case, dict[str, Any]] = {
        case: json_ready(asdict(each)) for case, each in performance.items()
    }
    return {**figures[Case.EXPECTED], "worst": figures[Case.WORST], "best": figures[Case.BEST]}
