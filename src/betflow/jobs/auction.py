"""``betflow tape auction``: how a market's starting prices came about."""

from dataclasses import dataclass
from typing import Any

from betflow.exchange.observed_auction import AuctionFold, RunnerAuction
from betflow.exchange.snapshot import json_ready
from betflow.jobs.market_changes import fold_market
from betflow.jobs.outcome import Outcome, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.sources import open_market
from betflow.jobs.stats import market_facts


@dataclass(frozen=True, slots=True)
class AuctionRequest:
    """
    Which market.

    Attributes:
        market_or_file: The id of an archived market, or a path.
        market_id: Which market of a file that holds several.
    """

    market_or_file: str
    market_id: str | None = None


def auction(request: AuctionRequest, context: RunContext) -> Outcome:
    """
    Read a market's tape and return its auction; see `betflow.exchange.observed_auction` for what is in it.

    Raises:
        NotFoundError: there is no such file or market.
        UsageError: the file holds several markets and none is named.
        DamagedError: nothing of the market can be read.
    """
    source = open_market(request.market_or_file, context.data_dir, request.market_id)
    fold = AuctionFold(source.market_id)
    findings = fold_market(source, fold, context.progress)
    return Outcome(
        data={
            "market": market_facts(source.market_id, fold.definition),
            "runners": [_body(runner) for runner in fold.runners()],
        },
        findings=findings,
        inputs=(artifact_of(source.tape.path),),
    )


def _body(runner: RunnerAuction) -> dict[str, Any]:
    body: dict[str, Any] = json_ready(runner)
    return {**body, "whole": runner.whole}
