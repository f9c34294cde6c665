"""Observed markets for tests, written short."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from betflow.exchange.observed import ObservedMarket
from betflow.exchange.snapshot import PriceSize, RunnerSnapshot
from betflow.wire.stream import MarketDefinition
from changes import MARKET, OFF_MS, defined

Offers: TypeAlias = float | Sequence[tuple[float, float]] | None
"""A best price with a size of 10, or prices and sizes, best first; None for no offer."""


def runner(selection_id: int, back: Offers = None, lay: Offers = None, **facts: Any) -> RunnerSnapshot:  # noqa: ANN401 - whatever a runner may have
    """Return a runner that is active unless told otherwise."""
    known: dict[str, Any] = dict.fromkeys(RunnerSnapshot.__struct_fields__)
    known |= {
        "selection_id": selection_id,
        "handicap": 0.0,
        "status": "ACTIVE",
        "available_to_back": _offers(back),
        "available_to_lay": _offers(lay),
        "traded": (),
    }
    return RunnerSnapshot(**{**known, **facts})


def observed(
    *runners: RunnerSnapshot,
    moment: int = OFF_MS - 60_000,
    total_matched: float | None = 1000.0,
    **facts: Any,  # noqa: ANN401 - whatever a definition may have
) -> ObservedMarket:
    """Return a market with these runners, a minute before its off; *facts* of the definition as in JSON."""
    return ObservedMarket(
        market_id=MARKET,
        moment=moment,
        definition=msgspec.convert(defined(runners=[], **facts), MarketDefinition),
        total_matched=total_matched,
        runners=runners,
    )


def market(*prices: tuple[Offers, Offers], **facts: Any) -> ObservedMarket:  # noqa: ANN401 - as above
    """Return a market of runners 1, 2, … with these offers to back and to lay."""
    return observed(*(runner(number, *offers) for number, offers in enumerate(prices, start=1)), **facts)


def _offers(given: Offers) -> tuple[PriceSize, ...]:
    if given is None:
        return ()
    pairs = [(given, 10.0)] if isinstance(given, int | float) else given
    return tuple(PriceSize(price, size) for price, size in pairs)
