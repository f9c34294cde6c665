"""
A market as it was seen at a moment, wherever it was seen: asked for, on the stream, or on a tape.

`of_book` makes one of a book that was folded from a stream or a tape, `of_answers` of what Betfair answers to
listMarketCatalogue and listMarketBook. What judges and shows markets takes nothing else, so a recorded market
is judged as a live one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeGuard

import msgspec

from betflow.exchange.book import MarketBook
from betflow.exchange.prices import Ladder, PriceError
from betflow.exchange.snapshot import PriceSize, RunnerSnapshot, snapshot
from betflow.exchange.times import epoch_ms
from betflow.exchange.volumes import LARGEST, hundredths
from betflow.wire import book as answers
from betflow.wire.catalogue import Event, EventType, MarketCatalogue, MarketDescription, RunnerCatalog
from betflow.wire.enums import RunnerStatus
from betflow.wire.stream import MarketDefinition, PriceLadderDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedMarket:
    """
    A market and its prices.

    Attributes:
        market_id: Betfair's id, ``1.<digits>``.
        moment: When it was seen so, epoch milliseconds; what is to come is counted from it.
        definition: What it is and how it stood.
        total_matched: All that was matched in it, both stakes counted; None where nobody says.
        is_delayed: Whether the prices are those of a delayed app key.
        runners: In the order of the racecard; prices that cannot be are left out.
    """

    market_id: str
    moment: int
    definition: MarketDefinition
    total_matched: float | None
    is_delayed: bool = False
    runners: tuple[RunnerSnapshot, ...]

    @property
    def active_runners(self) -> tuple[RunnerSnapshot, ...]:
        """The runners that can be bet on; removed ones and those with a result are not."""
        return tuple(runner for runner in self.runners if runner.status == RunnerStatus.ACTIVE)

    @property
    def market_time(self) -> int | None:
        """The scheduled off, epoch milliseconds; None where there is none, or no moment."""
        try:
            return None if self.definition.market_time is None else epoch_ms(self.definition.market_time)
        except ValueError:
            return None

    @property
    def ladder(self) -> Ladder | None:
        """The prices that the market has; None where it names a ladder that nobody knows."""
        try:
            return Ladder.of(self.definition)
        except PriceError:
            return None


def of_book(book: MarketBook, moment: int | None = None) -> ObservedMarket:
    """
    Return a book as it stands, seen when it was published unless a later moment is given.

    What is matched in the market is what is published for it, else that of its runners added up.
    """
    taken = snapshot(book)
    definition = book.definition or MarketDefinition()
    order = {(each.id, each.hc or 0.0): each.sort_priority for each in definition.runners or ()}
    of_runners = [each.total_matched for each in taken.runners if _is_size(each.total_matched)]
    total = sum(map(hundredths, of_runners)) / 100 if of_runners else None
    return ObservedMarket(
        market_id=book.market_id,
        moment=book.publish_time if moment is None else moment,
        definition=definition,
        total_matched=taken.total_matched if _is_size(taken.total_matched) else total,
        runners=_in_order(map(_without_impossible, taken.runners), order),
    )


def of_answers(catalogue: MarketCatalogue, book: answers.MarketBook | None, moment: int) -> ObservedMarket:
    """
    Return a market as the catalogue names it and as its book stood.

    Args:
        catalogue: With description, event and runners, as far as they were asked for.
        book: None where Betfair has none: then nothing is known of status and prices.
        moment: When the answer with the book was received, epoch milliseconds.
    """
    named = {(each.selection_id, each.handicap or 0.0): each for each in catalogue.runners or ()}
    runners = (book.runners if book else None) or ()
    order = {key: each.sort_priority for key, each in named.items()}
    taken = (_runner(each, named.get((each.selection_id, each.handicap or 0.0))) for each in runners)
    return ObservedMarket(
        market_id=catalogue.market_id,
        moment=moment,
        definition=_definition(catalogue, book),
        total_matched=book.total_matched if book and _is_size(book.total_matched) else None,
        is_delayed=bool(book and book.is_market_data_delayed),
        runners=_in_order(map(_without_impossible, taken), order),
    )


def with_names(market: ObservedMarket, catalogue: MarketCatalogue) -> ObservedMarket:
    """Return a market of the stream, which has no names, with those of the catalogue."""
    names = {
        (each.selection_id, each.handicap or 0.0): each.runner_name
        for each in catalogue.runners or ()
        if each.runner_name is not None
    }
    event = catalogue.event or Event()
    runners = (
        msgspec.structs.replace(each, name=names.get((each.selection_id, each.handicap), each.name))
        for each in market.runners
    )
    definition = msgspec.structs.replace(
        market.definition, name=catalogue.market_name, event_name=event.name, venue=event.venue
    )
    return replace(market, definition=definition, runners=tuple(runners))


def _definition(catalogue: MarketCatalogue, book: answers.MarketBook | None) -> MarketDefinition:
    """Return what catalogue and book say of a market in the words of the stream."""
    event = catalogue.event or Event()
    definition = MarketDefinition(
        status=book.status if book else None,
        in_play=book.inplay if book else None,
        bet_delay=book.bet_delay if book else None,
        version=book.version if book else None,
        number_of_winners=book.number_of_winners if book else None,
        market_time=catalogue.market_start_time,
        event_id=event.id,
        event_type_id=(catalogue.event_type or EventType()).id,
        event_name=event.name,
        name=catalogue.market_name,
        venue=event.venue,
        country_code=event.country_code,
        bsp_market=None,
    )
    described = catalogue.description
    return definition if described is None else _described(definition, described)


def _described(definition: MarketDefinition, description: MarketDescription) -> MarketDefinition:
    ladder, line = description.price_ladder_description, description.line_range_info
    return msgspec.structs.replace(
        definition,
        market_time=description.market_time or definition.market_time,
        market_type=description.market_type,
        betting_type=description.betting_type,
        race_type=description.race_type,
        market_base_rate=description.market_base_rate,
        each_way_divisor=description.each_way_divisor,
        turn_in_play_enabled=description.turn_in_play_enabled,
        bsp_market=description.bsp_market,
        price_ladder_definition=PriceLadderDefinition(ladder.type) if ladder else None,
        line_min_unit=line.min_unit_value if line else None,
        line_max_unit=line.max_unit_value if line else None,
        line_interval=line.interval if line else None,
    )


def _runner(runner: answers.Runner, named: RunnerCatalog | None) -> RunnerSnapshot:
    prices, starting = runner.ex or answers.ExchangePrices(), runner.sp or answers.StartingPrices()
    return RunnerSnapshot(
        selection_id=runner.selection_id,
        handicap=runner.handicap or 0.0,
        name=named.runner_name if named else None,
        status=runner.status,
        last_price_traded=runner.last_price_traded,
        total_matched=runner.total_matched,
        near_price=starting.near_price,
        far_price=starting.far_price,
        bsp=starting.actual_sp,
        available_to_back=_entries(prices.available_to_back),
        available_to_lay=_entries(prices.available_to_lay),
        traded=_entries(prices.traded_volume),
    )


def _entries(offers: tuple[answers.PriceSize, ...] | None) -> tuple[PriceSize, ...]:
    return tuple(PriceSize(each.price, each.size) for each in offers or ())


def _without_impossible(runner: RunnerSnapshot) -> RunnerSnapshot:
    """Leave out offers without a size, and numbers that are none."""
    return msgspec.structs.replace(
        runner,
        available_to_back=_possible(runner.available_to_back),
        available_to_lay=_possible(runner.available_to_lay),
        traded=_possible(runner.traded),
    )


def _is_size(size: float | None) -> TypeGuard[float]:
    return size is not None and 0 <= size < LARGEST


def _possible(offers: tuple[PriceSize, ...]) -> tuple[PriceSize, ...]:
    return tuple(each for each in offers if abs(each.price) < LARGEST and 0 < each.size < LARGEST)


def _in_order(
    runners: Iterable[RunnerSnapshot], order: Mapping[tuple[int, float], int | None]
) -> tuple[RunnerSnapshot, ...]:
    """Sort runners as the racecard has them; those that it does not have come last, as they came."""

    def place(runner: RunnerSnapshot) -> tuple[bool, int]:
        priority = order.get((runner.selection_id, runner.handicap))
        return priority is None, priority or 0

    return tuple(sorted(runners, key=place))
