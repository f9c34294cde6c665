"""``betflow tape stats``: what a tape says about one market, in numbers."""

from dataclasses import dataclass
from typing import Any

from betflow.exchange.snapshot import json_ready
from betflow.exchange.statistics import MarketStatistics, StatisticsFold
from betflow.exchange.times import iso
from betflow.jobs.market_changes import fold_market
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.sources import open_market
from betflow.wire.stream import MarketDefinition

_TIMES = ("scheduled_off", "actual_off", "captured_from", "first_publish_time", "last_publish_time")


@dataclass(frozen=True, slots=True)
class StatsRequest:
    """
    Which market.

    Attributes:
        market_or_file: The id of an archived market, or a path.
        market_id: Which market of a file that holds several.
    """

    market_or_file: str
    market_id: str | None = None


def stats(request: StatsRequest, context: RunContext) -> Outcome:
    """
    Read a market's tape and return its statistics; see `betflow.exchange.statistics` for what they mean.

    Raises:
        NotFoundError: there is no such file or market.
        UsageError: the file holds several markets and none is named.
        DamagedError: nothing of the market can be read.
    """
    source = open_market(request.market_or_file, context.data_dir, request.market_id)
    fold = StatisticsFold(source.market_id)
    findings = fold_market(source, fold, context.progress)
    last = source.tape.message
    statistics = fold.result(tape_end=last.pt if last else None)
    return Outcome(
        data=_data(statistics),
        findings=findings,
        inputs=(artifact_of(source.tape.path),),
    )


def market_facts(market_id: str, definition: MarketDefinition | None) -> dict[str, Any]:
    """Say which market it is: the id, and of the definition what a person knows a market by."""
    known = definition or MarketDefinition()
    return {
        "market_id": market_id,
        "name": known.name,
        "event_name": known.event_name,
        "venue": known.venue,
        "country_code": known.country_code,
        "event_type_id": known.event_type_id,
        "market_type": known.market_type,
        "market_time": known.market_time,
        "number_of_winners": known.number_of_winners,
        "status": known.status,
    }


def _data(statistics: MarketStatistics) -> dict[str, Any]:
    ready: dict[str, Any] = json_ready(statistics)
    del ready["definition"], ready["market_id"]
    for name in _TIMES:
        moment = ready[name]
        ready[f"{name}_iso"] = None if moment is None else iso(moment)
    for entry in ready["timeline"]:
        entry["published"] = iso(entry["publish_time"])
    return {"market": market_facts(statistics.market_id, statistics.definition), **ready}
