"""
What a recording shows of the auction at the off, runner by runner, and whether the law explains it.

`AuctionFold` takes the changes of one market in order. It compares the books before the suspension at the off
with those after the message that tells that the starting price is reconciled. What traded meanwhile is the
auction's. What left a price without having traded went to the starting price, as unmatched LIMIT bets with
persistence MARKET_ON_CLOSE do; with these, `betflow.exchange.auction.hold` works the auction out again from
the books before it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite, nan

from betflow.exchange.auction import Auction, Bid, hold, is_auctions
from betflow.exchange.book import MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.volumes import LARGEST, hundredths, rounded, without_impossible
from betflow.wire.enums import MarketStatus, Side
from betflow.wire.stream import MarketChange, MarketDefinition

_ANY_BACK, _ANY_LAY = 1.01, 1000.0
"""The limits of those who take any starting price."""
_DECIMALS = 6
_ROUNDING = Decimal("0.01")
"""By how much half a published volume and a displayed size may differ."""


@dataclass(frozen=True, slots=True)
class AuctionLevel:
    """
    A price whose resting bets the auction reached. Amounts are one-sided, in pounds.

    Attributes:
        price: The price.
        displayed: What was displayed there when the market was suspended.
        taken: What was taken of it.
        untraded: What left it without having traded: it went to the starting price. 0 where nothing is left
            on its side at all: then it may just as well have lapsed.
    """

    price: float
    displayed: Decimal
    taken: Decimal
    untraded: Decimal

    @property
    def is_whole(self) -> bool:
        """Whether all of it was taken."""
        return self.taken >= self.displayed - _ROUNDING


@dataclass(frozen=True, slots=True)
class RunnerAuction:
    """
    The auction of one runner.

    Attributes:
        selection_id: The runner's selection.
        handicap: Its handicap.
        name: Its name, where the recording has it.
        bsp: The starting price, as published.
        side: Of the exchange bets that were taken: BACK, LAY, or None where none was.
        levels: The prices that were reached, in the order in which they were.
        average: The average price of what was taken, by volume, to six decimals; None where nothing was.
        volume: What was taken, one-sided, in pounds.
        derived: The starting price that the rule gives for the books before the auction; NaN where there is
            none, or where the books after it do not tell what went to the starting price.
    """

    selection_id: int
    handicap: float
    name: str | None
    bsp: float
    side: Side | None
    levels: tuple[AuctionLevel, ...]
    average: Decimal | None
    volume: Decimal
    derived: float

    @property
    def last_level(self) -> AuctionLevel | None:
        """The price that was reached last; None where nothing was taken."""
        return self.levels[-1] if self.levels else None

    @property
    def whole(self) -> int:
        """How many prices were taken whole."""
        return sum(level.is_whole for level in self.levels)


@dataclass(frozen=True, slots=True)
class _Before:
    """A runner as it stood before the suspension, sizes in pennies by price."""

    to_back: dict[float, int]
    to_lay: dict[float, int]
    traded: dict[float, int]
    backs: dict[float, int]
    lays: dict[float, int]


_NOTHING = _Before({}, {}, {}, {}, {})


class AuctionFold:
    """The auction of one market, folded from its changes."""

    def __init__(self, market_id: str) -> None:
        self._book = MarketBook(market_id)
        self._before: dict[tuple[int, float], _Before] = {}
        self._told_at: int | None = None
        self._runners: tuple[RunnerAuction, ...] | None = None

    @property
    def definition(self) -> MarketDefinition | None:
        """The latest definition."""
        return self._book.definition

    def apply(self, change: MarketChange, publish_time: int) -> None:
        """Fold one change of the market; traded volumes that cannot be are left out."""
        change, _ = without_impossible(change)
        definition, before = change.market_definition, self._book.definition
        if self._told_at is not None and publish_time > self._told_at:
            self.runners()  # the message that told of it is over
        if definition is not None and before is not None:
            if before.status == MarketStatus.OPEN:
                self._before = {_key(runner): _as_it_stands(runner) for runner in self._book.runners}
            if definition.bsp_reconciled and is_auctions(before, definition):
                self._told_at = publish_time
        self._book.apply(change, publish_time)

    def runners(self) -> tuple[RunnerAuction, ...]:
        """Return the runners that got a starting price, in the order of the definition; none before that."""
        if self._runners is None and self._told_at is not None:
            self._runners = tuple(self._auctions())
        return self._runners or ()

    def _auctions(self) -> Iterator[RunnerAuction]:
        for runner in self._book.runners:
            bsp = runner.starting_price
            if bsp is not None and isfinite(bsp):
                yield _auction(runner, bsp, self._before.get(_key(runner), _NOTHING))


def _auction(runner: RunnerBook, bsp: float, before: _Before) -> RunnerAuction:
    after = _as_it_stands(runner)
    traded = {
        price: volume - before.traded.get(price, 0)
        for price, volume in after.traded.items()
        if volume > before.traded.get(price, 0)
    }
    side = _side(traded, before)
    displayed, left = (before.to_back, after.to_back) if side is Side.LAY else (before.to_lay, after.to_lay)
    prices = sorted(traded, reverse=side is Side.LAY)
    levels = tuple(
        AuctionLevel(
            price=price,
            displayed=_pounds(displayed.get(price, 0)),
            taken=_pounds(traded[price]) / 2,
            untraded=_pounds(_untraded(displayed, left, traded, price) if left else 0),
        )
        for price in prices
    )
    total = sum(traded.values())
    money = sum((Fraction(repr(price)) * volume for price, volume in traded.items()), Fraction())
    return RunnerAuction(
        selection_id=runner.selection_id,
        handicap=runner.handicap,
        name=runner.name,
        bsp=bsp,
        side=side,
        levels=levels,
        average=rounded(money / total, _DECIMALS) if total else None,
        volume=_pounds(total) / 2,
        derived=_derived(before, after, traded, side).price if after.to_back or after.to_lay else nan,
    )


def _side(traded: Mapping[float, int], before: _Before) -> Side | None:
    """Return whose exchange bets were taken: those at whose prices it traded."""
    if not traded:
        return None
    backs = sum(price in before.to_lay for price in traded)
    lays = sum(price in before.to_back for price in traded)
    return Side.LAY if lays > backs else Side.BACK


def _derived(before: _Before, after: _Before, traded: Mapping[float, int], side: Side | None) -> Auction:
    """Work the auction out again from the books before it, and from what went to the starting price."""
    backs, lays = list(before.backs.items()), list(before.lays.items())
    resting: dict[Side, list[Bid]] = {Side.BACK: [], Side.LAY: []}
    for of, displayed, left in (
        (Side.BACK, before.to_lay, after.to_lay),
        (Side.LAY, before.to_back, after.to_back),
    ):
        for price, size in displayed.items():
            moved = _untraded(displayed, left, traded if of is side else {}, price)
            resting[of].append((price, size - moved))
            if of is Side.BACK:
                backs.append((_ANY_BACK, moved))
            else:
                lays.append((_ANY_LAY, round(moved * (price - 1))))
    return hold(backs, lays, resting[Side.BACK], resting[Side.LAY])


def _untraded(
    displayed: Mapping[float, int], left: Mapping[float, int], traded: Mapping[float, int], price: float
) -> int:
    """Return what left a price without having traded, in pennies."""
    gone = displayed.get(price, 0) - left.get(price, 0) - traded.get(price, 0) // 2
    return gone if gone > 1 else 0  # a penny is the rounding of half a volume


def _as_it_stands(runner: RunnerBook) -> _Before:
    return _Before(
        to_back=_pennies(runner.available_to_back or dict(runner.back_ladder)),
        to_lay=_pennies(runner.available_to_lay or dict(runner.lay_ladder)),
        traded=_pennies(runner.traded),
        backs=_pennies(runner.back_stake_taken),
        lays=_pennies(runner.lay_liability_taken),
    )


def _pennies(sizes: Mapping[float, float]) -> dict[float, int]:
    return {price: hundredths(size) for price, size in sizes.items() if 0 < size < LARGEST}


def _pounds(pennies: int) -> Decimal:
    return Decimal(pennies).scaleb(-2)


def _key(runner: RunnerBook) -> tuple[int, float]:
    return runner.selection_id, runner.handicap
