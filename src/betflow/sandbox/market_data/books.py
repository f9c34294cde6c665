"""
listMarketBook and listRunnerBook: how markets stand.

Source: "listMarketBook", "listRunnerBook", "Application Keys" (delayed data); recorded answers.
"""

from collections.abc import Sequence
from math import nan
from typing import Final

from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.times import iso
from betflow.sandbox.market_data.account_orders import orders_of, with_orders
from betflow.sandbox.market_data.markets import Market, Markets
from betflow.sandbox.market_data.offers import Ladder, best_offers
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.book import (
    ExchangePrices,
    KeyLineDescription,
    KeyLineSelection,
    ListMarketBook,
    ListRunnerBook,
    MarketBook,
    PriceProjection,
    PriceSize,
    Runner,
    StartingPrices,
)
from betflow.wire.enums import PriceData, RunnerStatus, ServiceErrorCode
from betflow.wire.stream import MarketDefinition, RunnerDefinition

MOST_BETS: Final = 250
_DELAYED_DEPTH: Final = 3
_GONE: Final = frozenset({RunnerStatus.REMOVED, RunnerStatus.REMOVED_VACANT})
_EXCHANGE: Final = frozenset({PriceData.EX_BEST_OFFERS, PriceData.EX_ALL_OFFERS, PriceData.EX_TRADED})
_STARTING_PRICE: Final = frozenset({PriceData.SP_AVAILABLE, PriceData.SP_TRADED})


def list_market_book(markets: Markets, parameters: ListMarketBook) -> tuple[MarketBook, ...]:
    """
    Answer listMarketBook, in the order in which markets are asked for; what there is not is left out.

    Closed markets are left out where others are asked for too.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA where it asks for what cannot be.
    """
    _check(parameters)
    found = [
        market
        for each in dict.fromkeys(parameters.market_ids)
        if (market := markets.market(each)) is not None
    ]
    published = [market for market in found if not market.book.is_closed]
    return tuple(_book(markets, market, parameters, market.book.runners) for market in published or found)


def list_runner_book(markets: Markets, parameters: ListRunnerBook) -> tuple[MarketBook, ...]:
    """
    Answer listRunnerBook: the market with one runner, without any if it has none such.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA where it asks for what cannot be.
    """
    _check(parameters)
    market = markets.market(parameters.market_id)
    if market is None:
        return ()
    runner = market.book.runner(parameters.selection_id, parameters.handicap or 0.0)
    return (_book(markets, market, parameters, [runner] if runner is not None else []),)


def _check(parameters: ListMarketBook | ListRunnerBook) -> None:
    if len(parameters.bet_ids or ()) > MOST_BETS:
        raise ServiceRefusal(ServiceErrorCode.REQUEST_SIZE_EXCEEDS_LIMIT)


def _book(
    markets: Markets,
    market: Market,
    parameters: ListMarketBook | ListRunnerBook,
    runners: Sequence[RunnerBook],
) -> MarketBook:
    book, definition = market.book, market.definition
    matched_at = markets.past.matched_at.get(book.market_id)
    orders = orders_of(markets, book.market_id, parameters)
    return MarketBook(
        market_id=book.market_id,
        is_market_data_delayed=markets.is_delayed,
        status=definition.status,
        bet_delay=definition.bet_delay or 0,
        bsp_reconciled=bool(definition.bsp_reconciled),
        complete=bool(definition.complete),
        inplay=bool(definition.in_play),
        number_of_winners=definition.number_of_winners or 0,
        number_of_runners=len(definition.runners or ()),
        number_of_active_runners=definition.number_of_active_runners or 0,
        last_match_time=iso(min(matched_at, book.publish_time)) if matched_at else None,
        total_matched=book.total_matched or 0.0,
        total_available=market.total_available,
        cross_matching=bool(definition.cross_matching),
        runners_voidable=bool(definition.runners_voidable),
        version=definition.version or 0,
        runners=tuple(
            with_orders(_runner(markets, market, runner, parameters.price_projection), orders)
            for runner in runners
            if runner.definition is not None
        ),
        key_line_description=_key_line(definition),
        bet_delay_models=tuple(definition.bet_delay_models) if definition.bet_delay_models else None,
    )


def _runner(
    markets: Markets, market: Market, runner: RunnerBook, projection: PriceProjection | None
) -> Runner:
    defined = runner.definition or RunnerDefinition(id=runner.selection_id)
    is_gone = defined.status in _GONE
    wanted = frozenset((projection.price_data if projection else None) or ())
    total = 0.0 if markets.is_delayed else runner.total_matched or 0.0
    return Runner(
        selection_id=runner.selection_id,
        handicap=runner.handicap,
        status=defined.status or RunnerStatus.ACTIVE,
        adjustment_factor=defined.adjustment_factor,
        last_price_traded=None if is_gone else runner.last_price_traded,
        total_matched=None if is_gone else total,
        removal_date=defined.removal_date,
        sp=_starting_prices(markets, market, runner, wanted) if wanted & _STARTING_PRICE else None,
        ex=_exchange(markets, market, runner, projection, wanted) if wanted & _EXCHANGE else None,
    )


def _exchange(
    markets: Markets,
    market: Market,
    runner: RunnerBook,
    projection: PriceProjection | None,
    wanted: frozenset[PriceData],
) -> ExchangePrices:
    backs, lays = ([], []) if market.book.is_closed else (runner.back_ladder, runner.lay_ladder)
    if PriceData.EX_ALL_OFFERS in wanted and not markets.is_delayed:
        offers = _entries(backs), _entries(lays)
    elif wanted & {PriceData.EX_BEST_OFFERS, PriceData.EX_ALL_OFFERS}:
        depth = _DELAYED_DEPTH if markets.is_delayed else None
        offers = best_offers(backs, projection)[:depth], best_offers(lays, projection)[:depth]
    else:
        offers = (), ()
    shows_traded = PriceData.EX_TRADED in wanted and not markets.is_delayed
    return ExchangePrices(
        available_to_back=offers[0],
        available_to_lay=offers[1],
        traded_volume=_entries(runner.traded_ladder) if shows_traded else (),
    )


def _starting_prices(
    markets: Markets, market: Market, runner: RunnerBook, wanted: frozenset[PriceData]
) -> StartingPrices:
    starting_price = runner.starting_price
    if starting_price is None and market.definition.bsp_reconciled:
        starting_price = nan  # it does not run
    is_projected = PriceData.SP_AVAILABLE in wanted and starting_price is None and not markets.is_delayed
    shows_taken = PriceData.SP_TRADED in wanted or starting_price is None
    return StartingPrices(
        near_price=runner.near_price if is_projected else None,
        far_price=runner.far_price if is_projected else None,
        back_stake_taken=_entries(sorted(runner.back_stake_taken.items())) if shows_taken else (),
        lay_liability_taken=_entries(sorted(runner.lay_liability_taken.items())) if shows_taken else (),
        actual_sp=starting_price,
    )


def _entries(ladder: Ladder) -> tuple[PriceSize, ...]:
    return tuple(PriceSize(price=price, size=size) for price, size in ladder)


def _key_line(definition: MarketDefinition) -> KeyLineDescription | None:
    line = definition.key_line_definition.kl if definition.key_line_definition else None
    if not line:
        return None
    return KeyLineDescription(
        key_line=tuple(KeyLineSelection(selection_id=each.id, handicap=each.hc or 0.0) for each in line)
    )
