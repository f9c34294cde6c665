"""``betflow tape ls``: the markets in the archive."""

from dataclasses import dataclass, field

from betflow.errors import UsageError
from betflow.exchange.times import iso
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.tape.archive import Archive
from betflow.tape.index import Index, MarketOrder
from betflow.tape.selection import FilterOptions


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

    Raises:
        UsageError: a filter or the order makes no sense.
    """
    if request.order not in set(MarketOrder):
        raise UsageError(f"{request.order!r} is no order.", advice=f"Choose one of {', '.join(MarketOrder)}.")
    wanted = request.options.parsed()
    with Index(Archive(context.data_dir)) as index:
        markets = index.markets(wanted, order=MarketOrder(request.order), limit=request.limit)
        total = index.count(wanted)
    for market in markets:
        market["first_published"] = iso(market["first_publish_time"])
        market["last_published"] = iso(market["last_publish_time"])
    return Outcome({"total": total, "markets": markets})
