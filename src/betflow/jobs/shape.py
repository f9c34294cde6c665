"""``betflow shape``: how a market is shaped, in numbers and in a picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from betflow.errors import UsageError
from betflow.exchange.observed import ObservedMarket
from betflow.exchange.shape import LEVELS, MarketShape, shape_of
from betflow.exchange.snapshot import json_ready
from betflow.exchange.times import iso
from betflow.jobs.exports import check_target, require_extra, written_artifacts
from betflow.jobs.observing import MarketAt, check_market, observe
from betflow.jobs.outcome import Artifact, Outcome
from betflow.jobs.runs import RunContext
from betflow.jobs.stats import market_facts
from betflow.storage.streams import is_stream


@dataclass(frozen=True, slots=True)
class ShapeRequest:
    """
    Which market, and what to make of it.

    Attributes:
        market: Which, and when.
        levels: How many prices of each side the weight of money looks at.
        plot: Where to draw it, a PNG file.
    """

    market: MarketAt
    levels: int = LEVELS
    plot: Path | None = None


def shape(request: ShapeRequest, context: RunContext) -> Outcome:
    """
    Return the shape of a market; see `betflow.exchange.shape` for what each number is.

    Raises:
        UsageError: what is asked for cannot be.
        NotFoundError: there is no such market, or file.
        ConfigurationError: the package that draws is not installed.
        DamagedError: nothing of the market can be read.
        GatewayError: Betfair does not answer, or refuses.
    """
    check_market(request.market)
    if request.plot is not None:
        _check_plot(request.plot, request.market, context)
    seen = observe(request.market, context)
    found = shape_of(seen.market, request.levels)
    artifacts: tuple[Artifact, ...] = ()
    if request.plot is not None:
        from betflow.jobs.shape_plot import draw  # noqa: PLC0415 - needs an extra

        draw(request.plot, seen.market, found)
        artifacts = written_artifacts([request.plot])
    data = {"is_live": seen.is_live, **_data(seen.market, found)}
    return Outcome(data, findings=seen.findings, artifacts=artifacts, inputs=seen.inputs)


def _check_plot(plot: Path, market: MarketAt, context: RunContext) -> None:
    if plot.suffix.lower() != ".png" and not is_stream(plot):
        raise UsageError(f"{plot} is no .png file.", advice="Pictures are drawn as PNG only.")
    require_extra("matplotlib", "plot")
    check_target(plot, Path(market.market), context.data_dir)


def _data(market: ObservedMarket, found: MarketShape) -> dict[str, Any]:
    favourite = found.favourite
    return {
        **market_facts(market.market_id, market.definition),
        "moment": market.moment,
        "moment_iso": iso(market.moment),
        "in_play": market.definition.in_play,
        "is_delayed": market.is_delayed,
        "total_matched": market.total_matched,
        "favourite": None
        if favourite is None
        else {
            "selection_id": favourite.selection_id,
            "handicap": favourite.handicap,
            "name": favourite.name,
        },
        **json_ready(found),
    }
