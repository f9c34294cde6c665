"""
What listMarketBook and listRunnerBook show an account of its own: orders and matches, runner by runner.

Source: "listMarketBook", "Betting Type Definitions".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.results import MarketResult
from betflow.exchange.times import iso
from betflow.sandbox.exchange.bets import EXPECTED, Bet, MarketBets, average, priced, runner_of, standing
from betflow.sandbox.exchange.restrictions import is_among, moment
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire import book
from betflow.wire.book import ListMarketBook, ListRunnerBook, Match, Matches
from betflow.wire.enums import MatchProjection, OrderProjection, OrderStatus, ServiceErrorCode, Side

MOST_BETS: Final = 250


@dataclass(frozen=True, slots=True)
class OwnBets:
    """
    An account's orders and matches on a runner, as `betflow.wire.book.Runner` has them.

    Attributes:
        orders: Its orders; None where nobody asked.
        matches: All that is matched; None where nobody asked.
        matches_by_strategy: The same by strategy reference, ``""`` without one; None where nobody asked.
    """

    orders: tuple[book.Order, ...] | None
    matches: tuple[Match, ...] | None
    matches_by_strategy: dict[str, Matches] | None


@dataclass(frozen=True, slots=True)
class _Part:
    """A matched part of a bet, at its price as it stands after non-runners."""

    bet: Bet
    number: int
    price: Fraction
    pennies: int
    at: int


def own_bets(
    market: MarketBets,
    request: ListMarketBook | ListRunnerBook,
    terms: MarketResult,
    assumptions: Assumptions,
) -> dict[tuple[int, float], OwnBets]:
    """
    Return orders and matches by selection and handicap; empty where the request asks for neither.

    Args:
        market: The account's bets in the market.
        request: What is asked for.
        terms: The market's terms: non-runners reduce prices.
        assumptions: What decides where the rules for non-runners do not.

    Raises:
        ServiceRefusal: where the request asks for too much, or for what cannot be.
    """
    if len(request.bet_ids or ()) > MOST_BETS:
        raise ServiceRefusal(ServiceErrorCode.REQUEST_SIZE_EXCEEDS_LIMIT)
    if request.order_projection is None and request.match_projection is None:
        return {}
    since = moment(request.matched_since) if request.matched_since else None
    runners: dict[tuple[int, float], list[Bet]] = {}
    for bet in market.bets.values():
        if bet.is_placed:
            runners.setdefault(runner_of(bet.order), []).append(bet)
    return {
        runner: OwnBets(
            orders=_orders(bets, request, since, terms, assumptions),
            matches=_all_matches(bets, request, terms, assumptions),
            matches_by_strategy=_by_strategy(bets, request, terms, assumptions),
        )
        for runner, bets in runners.items()
    }


def _orders(
    bets: Iterable[Bet],
    request: ListMarketBook | ListRunnerBook,
    since: int | None,
    terms: MarketResult,
    assumptions: Assumptions,
) -> tuple[book.Order, ...] | None:
    projection = request.order_projection
    if projection is None:
        return None
    return tuple(
        _order(bet, terms, assumptions)
        for bet in bets
        if projection is OrderProjection.ALL
        or bet.is_executable is (projection is OrderProjection.EXECUTABLE)
        if is_among(bet.order.bet_id, request.bet_ids)
        and is_among(bet.order.strategy, request.customer_strategy_refs)
        and (since is None or bet.is_executable or bet.order.matched_at >= since)
    )


def _order(bet: Bet, terms: MarketResult, assumptions: Assumptions) -> book.Order:
    order = bet.order
    return book.Order(
        bet_id=order.bet_id,
        order_type=order.order_type,
        status=OrderStatus.EXECUTABLE if bet.is_executable else OrderStatus.EXECUTION_COMPLETE,
        persistence_type=order.persistence_type,
        side=order.side,
        price=order.price or 0.0,
        size=order.size[EXPECTED] / 100,
        bsp_liability=order.liability[EXPECTED] / 100 if order.is_on_close else 0.0,
        placed_date=iso(order.placed_at),
        avg_price_matched=average(priced(order, terms, assumptions)),
        size_matched=order.matched[EXPECTED] / 100,
        size_remaining=order.remaining[EXPECTED] / 100,
        size_lapsed=order.lapsed[EXPECTED] / 100,
        size_cancelled=order.cancelled[EXPECTED] / 100,
        size_voided=order.voided[EXPECTED] / 100,
        customer_order_ref=order.customer_order_ref or None,
        customer_strategy_ref=order.strategy or None,
    )


def _all_matches(
    bets: Iterable[Bet],
    request: ListMarketBook | ListRunnerBook,
    terms: MarketResult,
    assumptions: Assumptions,
) -> tuple[Match, ...] | None:
    if request.include_overall_position is False:
        return None
    return _matches(bets, request.match_projection, terms, assumptions)


def _by_strategy(
    bets: Iterable[Bet],
    request: ListMarketBook | ListRunnerBook,
    terms: MarketResult,
    assumptions: Assumptions,
) -> dict[str, Matches] | None:
    if not request.partition_matched_by_strategy_ref:
        return None
    strategies: dict[str, list[Bet]] = {}
    for bet in bets:
        if is_among(bet.order.strategy, request.customer_strategy_refs):
            strategies.setdefault(bet.order.strategy, []).append(bet)
    return {
        strategy: Matches(matches=_matches(each, request.match_projection, terms, assumptions))
        for strategy, each in strategies.items()
    }


def _matches(
    bets: Iterable[Bet],
    projection: MatchProjection | None,
    terms: MarketResult,
    assumptions: Assumptions,
) -> tuple[Match, ...]:
    parts = [part for bet in bets for part in _parts(bet, terms, assumptions)]
    if projection is MatchProjection.ROLLED_UP_BY_AVG_PRICE:
        return tuple(
            Match(side=side, price=average(_sizes(own)), size=_total(own))
            for side in Side
            if (own := [part for part in parts if part.bet.order.side is side])
        )
    if projection is MatchProjection.ROLLED_UP_BY_PRICE:
        prices: dict[tuple[Side, Fraction], list[_Part]] = {}
        for part in parts:
            prices.setdefault((part.bet.order.side, part.price), []).append(part)
        return tuple(
            Match(side=side, price=float(price), size=_total(own)) for (side, price), own in prices.items()
        )
    return tuple(
        Match(
            side=part.bet.order.side,
            price=float(part.price),
            size=part.pennies / 100,
            bet_id=part.bet.order.bet_id,
            match_id=f"{part.bet.order.bet_id}.{part.number}",
            match_date=iso(part.at),
        )
        for part in parts
    )


def _parts(bet: Bet, terms: MarketResult, assumptions: Assumptions) -> list[_Part]:
    matched = zip(standing(bet.order), priced(bet.order, terms, assumptions), strict=True)
    return [
        _Part(bet, number, price, pennies, part.matched_at)
        for number, (part, (price, pennies)) in enumerate(matched, start=1)
    ]


def _sizes(parts: Sequence[_Part]) -> list[tuple[Fraction, int]]:
    return [(part.price, part.pennies) for part in parts]


def _total(parts: Sequence[_Part]) -> float:
    return sum(part.pennies for part in parts) / 100
