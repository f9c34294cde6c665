"""
What a backtest writes down, in plain JSON types: markets, their orders, and what happened to them.

Nothing here depends on where tapes lie, on the run or on the time of day, so that the same input gives the
same bytes. docs/reference/backtest.md says what every name means.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

import msgspec

from betflow.errors import Finding
from betflow.exchange.bets import RunnerKey
from betflow.exchange.matching.orders import Amounts, Case, OrderEvent
from betflow.exchange.money import exact
from betflow.exchange.settlement import SettledMarket
from betflow.exchange.snapshot import json_ready
from betflow.trading.played import Evidence, Placement, PlayedMarket, Told
from betflow.trading.results import MarketResults, OrderRow
from betflow.wire.enums import MarketStatus
from betflow.wire.stream import MarketDefinition

_PENNIES: Final = frozenset({"ahead", "displayed", "liability", "taken before", "traded"})
"""The facts of an event that are amounts."""


@dataclass(frozen=True, slots=True)
class PlayedTape:
    """
    A tape that was played.

    Attributes:
        name: What evidence calls it: the file's name and the place inside it; the first digits of the hash of
            an archived tape.
        path: Where it is.
        sha256: Of its expanded content, as far as it could be read.
        messages: How many there were.
        finding: What was wrong with it, in one.
    """

    name: str
    path: str
    sha256: str
    messages: int
    finding: Finding | None


def market_body(market: PlayedMarket, results: MarketResults, tapes: Sequence[PlayedTape]) -> dict[str, Any]:
    """
    Return what a market came to.

    Args:
        market: As it was played.
        results: As it was settled.
        tapes: What it was played from: all tapes that were played together.
    """
    names = _runner_names(market.definition)
    told: dict[str, list[Told]] = {}
    for each in market.told:
        told.setdefault(each.ref, []).append(each)
    return {
        "market": market_facts(market.market_id, market.definition),
        "tapes": [{"name": tape.name, "sha256": tape.sha256} for tape in tapes],
        "settled": _is_closed(market.definition) and results.settled[Case.EXPECTED].is_settled,
        "result": result_body(results.settled),
        "orders": [
            order_body(row, placement, told.get(row.ref, ()), names)
            for row, placement in zip(results.rows, market.placements, strict=True)
        ],
        "findings": [_finding_body(each) for each in market.findings],
    }


def _is_closed(definition: MarketDefinition | None) -> bool:
    return definition is not None and definition.status == MarketStatus.CLOSED


def market_facts(market_id: str, definition: MarketDefinition | None) -> dict[str, Any]:
    """Say which market it is, by what its last definition says."""
    known = definition or MarketDefinition()
    return {
        "market_id": market_id,
        "name": known.name,
        "event_id": known.event_id,
        "event_name": known.event_name,
        "event_type_id": known.event_type_id,
        "venue": known.venue,
        "country_code": known.country_code,
        "market_type": known.market_type,
        "market_time": known.market_time,
        "settled_time": known.settled_time,
        "status": known.status,
    }


def result_body(settled: Mapping[Case, SettledMarket]) -> dict[str, Any]:
    """Return what a market paid: in the expected case, and in the other two."""
    cases = {case: _paid(settled[case]) for case in Case}
    return {
        **cases[Case.EXPECTED],
        "commission_rate": float(settled[Case.EXPECTED].commission_rate),
        "worst": cases[Case.WORST],
        "best": cases[Case.BEST],
    }


def _paid(market: SettledMarket) -> dict[str, float]:
    amounts = {"profit": market.profit, "commission": market.commission, "net": market.net_profit}
    return {name: float(amount) for name, amount in amounts.items()}


def order_body(
    row: OrderRow, placement: Placement, told: Iterable[Told], names: Mapping[RunnerKey, str]
) -> dict[str, Any]:
    """
    Return an order: its row, what was asked for in Betfair's words, and its story.

    Args:
        row: What became of it.
        placement: What was asked for.
        told: What happened to it.
        names: The runners' names, where they are known.
    """
    instruction: dict[str, Any] = msgspec.to_builtins(placement.instruction)
    body: dict[str, Any] = json_ready(row)
    return {
        **body,
        "runner": names.get(RunnerKey(row.selection_id, row.handicap)),
        "instruction": instruction,
        "arrives_at": placement.arrives_at,
        "evidence": {**_place(placement.evidence), "publish_time": _published(placement.evidence)},
        "story": [event_body(each.event, each.evidence) for each in told],
    }


def event_body(event: OrderEvent, evidence: Evidence | None) -> dict[str, Any]:
    """Return something that happened to an order, with its evidence; amounts are those of three cases."""
    body: dict[str, Any] = {
        "at": event.at,
        "kind": str(event.kind),
        "rule": str(event.rule),
        "publish_time": event.publish_time,
        **_place(evidence),
    }
    if any(event.amounts):
        body["amounts"] = _pounds(event.amounts)
    if event.price is not None:
        body["price"] = event.price
    if event.facts:
        body["facts"] = {name: _fact(name, value) for name, value in event.facts}
    if event.doubts:
        body["doubts"] = [str(each) for each in event.doubts]
    if event.error_code is not None:
        body["error_code"] = str(event.error_code)
    return body


def _place(evidence: Evidence | None) -> dict[str, Any]:
    if evidence is None:
        return {"tape": None, "line": None, "offset": None}
    return {"tape": evidence.tape, "line": evidence.line, "offset": evidence.offset}


def _published(evidence: Evidence | None) -> int | None:
    return None if evidence is None else evidence.publish_time


def _fact(name: str, value: float | str) -> float | str:
    return value / 100 if name in _PENNIES and not isinstance(value, str) else value


def _pounds(amounts: Amounts) -> list[float]:
    return [amount / 100 for amount in amounts]


def _runner_names(definition: MarketDefinition | None) -> dict[RunnerKey, str]:
    runners = (definition.runners if definition else None) or ()
    return {RunnerKey(runner.id, exact(runner.hc or 0)): runner.name for runner in runners if runner.name}


def _finding_body(finding: Finding) -> dict[str, Any]:
    """Return a finding without the folder of the strategy's file, which is another on another machine."""
    where = dict(finding.where)
    if isinstance(file := where.get("file"), str):
        where["file"] = PurePath(file).name
        return {
            "code": finding.code,
            "message": finding.message.replace(file, str(where["file"])),
            "where": where,
        }
    return {"code": finding.code, "message": finding.message, "where": where}
