"""``betflow tape ls``: the markets in the archive."""

from dataclasses import dataclass, field
from typing import Any

from betflow.errors import UsageError
from betflow.exchange.times import iso
from betflow.jobs.data_folder import data_folder
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.tape.archive import Archive
from betflow.tape.index import Index, MarketOrder
from betflow.tape.selection import EVENT_TYPES, FilterOptions, MarketFilter


@dataclass(frozen=True, slots=True)
class ListRequest:
    """
    Which markets to list.

    Attributes:
        order: One of `MarketOrder`.
        limit: At most this many; None lists all.
    """

    options: FilterOptions = field(default_factory=FilterOptions)
    order: str = MarketOrder.TIME
    limit: int | None = None


def ls(request: ListRequest, context: RunContext) -> Outcome:
    """
    List markets, each once, with the tape that other commands would take for it.

    Where a filter takes none of those that there are, the data has under ``values``, for each part of the
    filter, what it could be.

    Raises:
        UsageError: a filter or the order makes no sense.
    """
    if request.order not in set(MarketOrder):
        raise UsageError(f"{request.order!r} is no order.", advice=f"Choose one of {', '.join(MarketOrder)}.")
    wanted = request.options.parsed()
    with Index(Archive(context.data_dir)) as index:
        markets = index.markets(wanted, order=MarketOrder(request.order), limit=request.limit)
        total = index.count(wanted)
        everything = index.markets(MarketFilter()) if wanted and not total else []
        archived = index.count(MarketFilter())
    for market in markets:
        market["first_published"] = iso(market["first_publish_time"])
        market["last_published"] = iso(market["last_publish_time"])
    values = _values(everything, request.options) if everything else {}
    return Outcome(
        {
            "total": total,
            "archived": archived,
            "values": values,
            "markets": markets,
            "folder": data_folder(context),
        }
    )


def _values(markets: list[dict[str, Any]], options: FilterOptions) -> dict[str, list[str]]:
    """Return what there is of everything that was asked for, by the option that asks for it."""
    times = sorted(market["market_time_ms"] for market in markets if market["market_time_ms"] is not None)
    span = [f"{iso(times[0])} to {iso(times[-1])}"] if times else []
    settled = sum(market["settled"] for market in markets)
    there_is = {
        "event-type": (options.event_types, list(map(_event_type, _different(markets, "event_type_id")))),
        "country": (options.countries, _different(markets, "country_code")),
        "market-type": (options.market_types, _different(markets, "market_type")),
        "venue": (options.venues, _different(markets, "venue")),
        "from": (options.from_time, span),
        "to": (options.to_time, span),
        "settled": (options.settled, [f"{settled:,} settled", f"{len(markets) - settled:,} unsettled"]),
    }
    return {option: values for option, (asked_for, values) in there_is.items() if asked_for is not None}


def _different(markets: list[dict[str, Any]], column: str) -> list[str]:
    return sorted({market[column] for market in markets if market[column] is not None})


def _event_type(number: str) -> str:
    """Return Betfair's number with the name that the command line takes for it, where there is one."""
    names = [name for name, known in EVENT_TYPES.items() if known == number]
    return f"{number} ({names[0]})" if names else number
