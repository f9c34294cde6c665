"""``betflow ladder``: what is offered and was traded at each price of a market's runners."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from betflow.errors import NotFoundError, UsageError
from betflow.exchange.observed import ObservedMarket
from betflow.exchange.rungs import rungs
from betflow.exchange.snapshot import RunnerSnapshot, json_ready
from betflow.exchange.times import iso
from betflow.jobs.observing import AS_OFFERED, MarketAt, observe
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.jobs.stats import market_facts


@dataclass(frozen=True, slots=True)
class LadderRequest:
    """
    Which ladders.

    Attributes:
        market: Which market, and when.
        runner: A selection id, or a name or a part of it, in any case; None for all active runners.
        depth: How many prices of each side; None for all.
    """

    market: MarketAt
    runner: str | None = None
    depth: int | None = None


def ladder(request: LadderRequest, context: RunContext) -> Outcome:
    """
    Return the ladders of a market's runners, without the prices of cross matching.

    Raises:
        UsageError: what is asked for cannot be, or several runners have such a name.
        NotFoundError: there is no such market, file or runner.
        DamagedError: nothing of the market can be read.
        GatewayError: Betfair does not answer, or refuses.
    """
    seen = observe(request.market, context, AS_OFFERED)
    data = {"is_live": seen.is_live, **ladder_data(seen.market, request.runner, request.depth)}
    return Outcome(data, findings=seen.findings, inputs=seen.inputs)


def ladder_data(market: ObservedMarket, runner: str | None, depth: int | None) -> dict[str, Any]:
    """
    Return the ladders of a market as JSON types.

    Raises:
        UsageError: several runners have such a name.
        NotFoundError: there is no such runner.
    """
    return {
        **market_facts(market.market_id, market.definition),
        "moment": market.moment,
        "moment_iso": iso(market.moment),
        "in_play": market.definition.in_play,
        "is_delayed": market.is_delayed,
        "total_matched": market.total_matched,
        "runners": [_runner(each, market, depth) for each in chosen(market, runner)],
    }


def chosen(market: ObservedMarket, wanted: str | None) -> Sequence[RunnerSnapshot]:
    """
    Return the runners that are meant: the active ones, or all lines of the one that is named.

    Raises:
        UsageError: several runners have such a name.
        NotFoundError: there is no such runner.
    """
    if wanted is None:
        return market.active_runners
    text = wanted.strip().casefold()
    names = [(each, (each.name or "").casefold()) for each in market.runners]
    found = [each for each, _ in names if str(each.selection_id) == text]
    found = found or [each for each, name in names if name == text]
    found = found or [each for each, name in names if text and text in name]
    if not found:
        raise NotFoundError(
            f"there is no runner {wanted} in market {market.market_id}.",
            advice=f"It has {_listed(market.runners)}.",
        )
    if len({each.selection_id for each in found}) > 1:
        raise UsageError(f"{wanted!r} may be {_listed(found)}.", advice="Give more of the name, or the id.")
    return found


def _runner(runner: RunnerSnapshot, market: ObservedMarket, depth: int | None) -> dict[str, Any]:
    return {
        "selection_id": runner.selection_id,
        "handicap": runner.handicap,
        "name": runner.name,
        "status": runner.status,
        "last_price_traded": runner.last_price_traded,
        "total_matched": runner.total_matched,
        "rungs": json_ready(rungs(runner, market.ladder, depth)),
    }


def _listed(runners: Sequence[RunnerSnapshot]) -> str:
    named = (
        f"{each.selection_id} ({each.name})" if each.name else f"{each.selection_id}" for each in runners
    )
    return ", ".join(dict.fromkeys(named)) or "none"
