"""What was published at another time or for files, as the live stream would bring it now."""

from msgspec.structs import replace

from betflow.exchange.book import MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.times import epoch_ms, iso
from betflow.wire.stream import MarketChange, MarketDefinition, RunnerChange


def moved(moment: str | None, by: int) -> str | None:
    """Return a moment in ISO 8601, moved by milliseconds; what is no moment stays as it is."""
    if not moment:
        return moment
    try:
        return iso(epoch_ms(moment) + by)
    except ValueError:
        return moment


def live_definition(
    definition: MarketDefinition, by: int, *, open_date: str | None = None
) -> MarketDefinition:
    """
    Return a definition as the live stream has it: without names, and with its times moved.

    Args:
        definition: As it was published.
        by: Milliseconds.
        open_date: What becomes of when the event begins, where its markets are not all moved by the same.
    """
    runners = [
        replace(runner, name=None, removal_date=moved(runner.removal_date, by))
        for runner in definition.runners or ()
    ]
    return replace(
        definition,
        name=None,
        event_name=None,
        runners=runners,
        market_time=moved(definition.market_time, by),
        suspend_time=moved(definition.suspend_time, by),
        settled_time=moved(definition.settled_time, by),
        open_date=open_date or moved(definition.open_date, by),
    )


def image(book: MarketBook, definition: MarketDefinition | None = None) -> MarketChange:
    """Return an image of a market: all that is known of it, with another definition where one is given."""
    return MarketChange(
        id=book.market_id,
        img=True,
        tv=book.total_matched,
        market_definition=definition or book.definition,
        rc=[change for change in map(_runner, book.runners) if change is not None],
    )


def _runner(book: RunnerBook) -> RunnerChange | None:
    """Return all that is known of a runner, None where that is nothing."""
    change = RunnerChange(
        id=book.selection_id,
        hc=book.handicap or None,
        atb=book.back_ladder or None,
        atl=book.lay_ladder or None,
        trd=book.traded_ladder or None,
        spb=sorted(book.lay_liability_taken.items()) or None,
        spl=sorted(book.back_stake_taken.items()) or None,
        ltp=book.last_price_traded,
        tv=book.total_traded,
        spn=book.near_price,
        spf=book.far_price,
    )
    nothing = RunnerChange(id=change.id, hc=change.hc)
    return None if change == nothing else change
