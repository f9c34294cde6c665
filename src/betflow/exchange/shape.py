"""
How a market is shaped: its favourite, how much its book is over, how its probabilities are spread.

Everything is worked out exactly from the numbers as they are printed (2.02 is 202/100), and rounded once, a
half to the even digit: percentages, shares and entropy to four decimals. Logarithms are those of `Decimal`,
which are the same on every machine.

- Only *active* runners count. Removed runners, and runners that have a result, are left out everywhere.
- The *best price* to back is the highest that is offered, to lay the lowest. Offers without a size are none.
- The *implied probability* of a runner is 1 / best price to back, divided by the sum of those of all active
  runners: shares that add up to 1. Where an active runner has no price to back there are none at all, because
  nobody knows what it would take away from the others. Likewise in markets whose prices are no odds (lines),
  and in those of many lines (Asian handicaps with two), where runners do not exclude each other.
- The *book* to back is the sum of 100 / best price to back, in percent; to lay likewise. The *overround* is
  the book less 100 for each winner that the market pays. None where an active runner has no such price.
- The *entropy* is -Σ p·ln p over the implied probabilities, divided by ln n of n active runners: 1 where all
  prices are equal, near 0 where one runner is certain. None with fewer than two runners.
- The *spread* of a runner is the number of ticks from the best price to back to the best price to lay, on the
  market's ladder; a price that is not on it counts as the next one away from the other side. None where one
  of the two is missing, or where they meet or cross: then one of them is out of date.
- The *weight of money* of a runner is what is offered to back at its best N prices, in percent of what is
  offered to back and to lay at the best N prices of each side. Of the market: the same of all sizes added up.
- The *favourite* has the lowest best price to back, where prices are odds; of several, the one with the lower
  best price to lay (one that has none comes last), then the one that the racecard has first.
- A *gap* is the number of ticks from a runner's best price to back to that of the next longer one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import zip_longest
from math import inf

from betflow.exchange.observed import ObservedMarket
from betflow.exchange.prices import Ladder, PriceError
from betflow.exchange.snapshot import PriceSize, RunnerSnapshot
from betflow.exchange.volumes import hundredths, rounded
from betflow.wire.enums import LadderType, MarketBettingType

DECIMALS = 4
LEVELS = 3
"""How many prices of each side the weight of money looks at, unless told otherwise."""

_TOP = 3
_LOWEST_ODDS = 1.0
_LOGARITHMS = Context(prec=34)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerShape:
    """
    An active runner in the shape of its market; see above for what each number is.

    Attributes:
        rank: By the best price to back, 1 for the shortest; None without one.
        best_back: The best price to back and its size; None where there is none.
        best_lay: Likewise to lay.
        probability: The implied probability, four decimals.
        spread: In ticks.
        gap: To the next longer runner, in ticks; None for the last.
        back_size: What is offered to back at the best prices, to the penny.
        lay_size: Likewise to lay.
        weight_of_money: In percent; None where nothing is offered.
    """

    selection_id: int
    handicap: float
    name: str | None
    rank: int | None
    best_back: PriceSize | None
    best_lay: PriceSize | None
    last_price_traded: float | None
    total_matched: float | None
    probability: Decimal | None
    spread: int | None
    gap: int | None
    back_size: Decimal
    lay_size: Decimal
    weight_of_money: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketShape:
    """
    The shape of a market; see above for what each number is.

    Attributes:
        are_odds: Whether prices are odds of runners that exclude each other; else there is no book.
        field_size: How many runners are active.
        levels: How many prices of each side the weight of money is of.
        size_at_best: What is offered at the best prices of all runners, to back and to lay, to the penny.
        median_spread: Of the runners' spreads, in ticks; a runner without one counts as wider than all
            others, and of two in the middle it is the wider. None where the median has none.
        weight_of_money: Of the market, in percent; None where nothing is offered.
        runners: The favourite first, those without a price to back last.
    """

    are_odds: bool
    field_size: int
    levels: int
    back_book: Decimal | None
    lay_book: Decimal | None
    back_overround: Decimal | None
    lay_overround: Decimal | None
    entropy: Decimal | None
    top_three_share: Decimal | None
    size_at_best: Decimal
    median_spread: int | None
    weight_of_money: Decimal | None
    runners: tuple[RunnerShape, ...]

    @property
    def favourite(self) -> RunnerShape | None:
        """The favourite; None where prices are no odds, or nobody has one to back."""
        return self.runners[0] if self.are_odds and self.runners and self.runners[0].rank else None


def shape_of(market: ObservedMarket, levels: int = LEVELS) -> MarketShape:
    """
    Return the shape of a market.

    Args:
        market: As it was seen.
        levels: How many prices of each side the weight of money looks at.

    Raises:
        ValueError: if that is none.
    """
    if levels < 1:
        raise ValueError(f"the weight of money needs at least one price of each side, not {levels}")
    runners = sorted(market.active_runners, key=_favourite_first)
    backs, lays = [best(each.available_to_back) for each in runners], [_best_lay(each) for each in runners]
    are_odds = _has_odds(market)
    back_book = book_percentage(backs) if are_odds else None
    lay_book = book_percentage(lays) if are_odds else None
    chances = probabilities(backs) if are_odds else None
    gaps = _gaps(market.ladder, backs)
    shapes = tuple(
        _runner_shape(
            runner, market.ladder, place, levels, (chances[place] if chances else None, gaps[place])
        )
        for place, runner in enumerate(runners)
    )
    return MarketShape(
        are_odds=are_odds,
        field_size=len(runners),
        levels=levels,
        back_book=back_book,
        lay_book=lay_book,
        back_overround=_overround(back_book, market.definition.number_of_winners),
        lay_overround=_overround(lay_book, market.definition.number_of_winners),
        entropy=entropy(chances) if chances else None,
        top_three_share=top_share(chances, _TOP) if chances else None,
        size_at_best=total_size(each for each in (*backs, *lays) if each),
        median_spread=median([each.spread for each in shapes]),
        weight_of_money=weight_of_money(
            sum(each.back_size for each in shapes), sum(each.lay_size for each in shapes)
        ),
        runners=shapes,
    )


def best(offers: Sequence[PriceSize]) -> PriceSize | None:
    """Return the first of a ladder that has its best price first; None of an empty one."""
    return offers[0] if offers else None


def book_percentage(offers: Sequence[PriceSize | None]) -> Decimal | None:
    """Return the sum of 100 / price; None without prices, where one is missing, or where one is no odds."""
    inverses = _inverses(offers)
    return None if inverses is None else rounded(100 * sum(inverses, Fraction()), DECIMALS)


def probabilities(offers: Sequence[PriceSize | None]) -> list[Fraction] | None:
    """Return 1 / price of each, divided by their sum; None as for `book_percentage`."""
    inverses = _inverses(offers)
    if inverses is None:
        return None
    total = sum(inverses, Fraction())
    return [each / total for each in inverses]


def entropy(chances: Sequence[Fraction]) -> Decimal | None:
    """Return how evenly probabilities that add up to 1 are spread, from 0 to 1; None of fewer than two."""
    if len(chances) < 2:  # noqa: PLR2004 - the entropy of one certainty is 0 of 0
        return None
    summed = Decimal()
    for chance in chances:
        share = _LOGARITHMS.divide(Decimal(chance.numerator), Decimal(chance.denominator))
        summed = _LOGARITHMS.add(summed, _LOGARITHMS.multiply(share, _LOGARITHMS.ln(share)))
    evenness = _LOGARITHMS.divide(-summed, _LOGARITHMS.ln(Decimal(len(chances))))
    return min(rounded(Fraction(evenness), DECIMALS), Decimal(1))


def top_share(chances: Iterable[Fraction], count: int) -> Decimal:
    """Return the sum of the largest probabilities."""
    return rounded(sum(sorted(chances, reverse=True)[:count], Fraction()), DECIMALS)


def spread(ladder: Ladder | None, back: PriceSize | None, lay: PriceSize | None) -> int | None:
    """Return how many ticks are between the best prices; None where there is no spread, see above."""
    if ladder is None or back is None or lay is None or lay.price <= back.price:
        return None
    try:
        return ladder.ticks_between(ladder.at_or_below(back.price), ladder.at_or_above(lay.price))
    except PriceError:
        return None  # beyond an end of the ladder


def median(spreads: Sequence[int | None]) -> int | None:
    """Return the median, of two the larger; None stands for the widest."""
    ordered = sorted(inf if each is None else each for each in spreads)
    middle = ordered[len(ordered) // 2] if ordered else inf
    return None if middle == inf else int(middle)


def total_size(offers: Iterable[PriceSize]) -> Decimal:
    """Add up the sizes of offers, to the penny."""
    return Decimal(sum(hundredths(each.size) for each in offers)).scaleb(-2)


def weight_of_money(back_size: Decimal | int, lay_size: Decimal | int) -> Decimal | None:
    """Return the share of what is offered to back, in percent; None where nothing is offered."""
    total = Fraction(back_size + lay_size)
    return rounded(100 * Fraction(back_size) / total, DECIMALS) if total else None


def _runner_shape(
    runner: RunnerSnapshot,
    ladder: Ladder | None,
    place: int,
    levels: int,
    worked_out: tuple[Fraction | None, int | None],
) -> RunnerShape:
    probability, gap = worked_out
    back, lay = best(runner.available_to_back), _best_lay(runner)
    back_size = total_size(runner.available_to_back[:levels])
    lay_size = total_size(runner.available_to_lay[:levels])
    return RunnerShape(
        selection_id=runner.selection_id,
        handicap=runner.handicap,
        name=runner.name,
        rank=place + 1 if back else None,
        best_back=back,
        best_lay=lay,
        last_price_traded=runner.last_price_traded,
        total_matched=runner.total_matched,
        probability=None if probability is None else rounded(probability, DECIMALS),
        spread=spread(ladder, back, lay),
        gap=gap,
        back_size=back_size,
        lay_size=lay_size,
        weight_of_money=weight_of_money(back_size, lay_size),
    )


def _best_lay(runner: RunnerSnapshot) -> PriceSize | None:
    return best(runner.available_to_lay)


def _favourite_first(runner: RunnerSnapshot) -> tuple[float, float]:
    back, lay = best(runner.available_to_back), _best_lay(runner)
    return (back.price if back else inf, lay.price if lay else inf)


def _has_odds(market: ObservedMarket) -> bool:
    """Say whether prices are odds of runners that exclude each other."""
    ladder = market.ladder
    is_odds = market.definition.betting_type in {None, MarketBettingType.ODDS}
    return is_odds and ladder is not None and ladder.type is not LadderType.LINE_RANGE


def _inverses(offers: Sequence[PriceSize | None]) -> list[Fraction] | None:
    prices = [each.price for each in offers if each is not None and each.price > _LOWEST_ODDS]
    if not prices or len(prices) < len(offers):
        return None
    return [1 / Fraction(repr(price)) for price in prices]


def _overround(percentage: Decimal | None, winners: int | None) -> Decimal | None:
    return None if percentage is None or not winners else percentage - 100 * winners


def _gaps(ladder: Ladder | None, backs: Sequence[PriceSize | None]) -> list[int | None]:
    """Return the ticks from each best price to back to the next; the runners without one are the last."""
    places = [_index(ladder, each) for each in backs]
    return [
        None if here is None or there is None else there - here
        for here, there in zip_longest(places, places[1:])
    ]


def _index(ladder: Ladder | None, offer: PriceSize | None) -> int | None:
    if ladder is None or offer is None:
        return None
    try:
        return ladder.index(ladder.nearest(offer.price))
    except PriceError:
        return None  # a number that is no price on any ladder
