"""
How well it went: profit and what it took, over all markets and by market, event, strategy and side.

Everything is counted in each of the three cases. Bets count once their market is settled; those that are not
are counted apart, never as lost. Markets come in any order: what depends on order goes by settlement time.
"""

from dataclasses import dataclass, field
from decimal import Context, Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from typing import Final, NamedTuple

from betflow.exchange.matching.orders import Case
from betflow.exchange.money import ZERO
from betflow.exchange.settlement import SettledBet
from betflow.exchange.times import epoch_ms
from betflow.exchange.volumes import rounded
from betflow.trading.results import MarketResults
from betflow.wire.stream import MarketDefinition

_PRECISE: Final = Context(prec=50)
_PERCENT_DECIMALS: Final = 2
_RATIO_DECIMALS: Final = 4
_FEWEST_FOR_DEVIATION: Final = 2


class Group(StrEnum):
    """By what results are divided."""

    MARKET = "MARKET"
    EVENT = "EVENT"
    STRATEGY = "STRATEGY"
    SIDE = "SIDE"


class EquityPoint(NamedTuple):
    """What had been won or lost, after commission, when a market was settled (epoch milliseconds)."""

    settled_at: int
    market_id: str
    net: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """
    What a group of orders came to in one case.

    Attributes:
        orders: How many were asked for.
        bets: How many of them were matched, at least in part, and are settled; void ones count.
        unsettled: How many were matched and are not settled.
        won: How many bets paid something.
        lost: How many cost something.
        markets: How many markets have a settled bet.
        turnover: The backers' stakes of the settled bets, without void ones.
        risked: What those could have lost: stakes of backs, liabilities of lays.
        profit: What they paid, before commission.
        commission: None where it is not known: it belongs to markets, not to sides.
        net: What is left after commission; the profit where that is not known.
        roi: Net as a percentage of what was risked; None where nothing was.
        win_rate: Won as a percentage of won and lost; None where there is neither.
        drawdown: The largest fall of the net total from an earlier high (or from 0), market by market.
        sharpe: Mean of the markets' nets divided by their standard deviation (of a sample); per market, not
            annualised. None for fewer than two markets, or where all came to the same.
        longest_losing_run: How many bets in a row lost, at the most; void ones are passed over.
    """

    orders: int
    bets: int
    unsettled: int
    won: int
    lost: int
    markets: int
    turnover: Decimal
    risked: Decimal
    profit: Decimal
    commission: Decimal | None
    net: Decimal
    roi: Decimal | None
    win_rate: Decimal | None
    drawdown: Decimal
    sharpe: Decimal | None
    longest_losing_run: int


@dataclass(slots=True)
class _Settled:
    """A market's part in a group. Its bets, in order: W for won, L for lost."""

    settled_at: int
    index: int
    market_id: str
    net: Decimal = ZERO
    bets: str = ""


@dataclass(slots=True)
class _Tally:
    """What is counted for a group in one case."""

    orders: int = 0
    bets: int = 0
    unsettled: int = 0
    turnover: Decimal = ZERO
    risked: Decimal = ZERO
    profit: Decimal = ZERO
    commission: Decimal | None = None
    markets: list[_Settled] = field(default_factory=list)

    def add_bet(self, bet: SettledBet, risked: Decimal, market: _Settled) -> None:
        if bet.profit is None:
            self.unsettled += 1
            return
        self._market(market)
        self.bets += 1
        self.profit += bet.profit
        if risked:
            self.turnover += bet.size
            self.risked += risked
        own = self.markets[-1]
        own.net += bet.profit
        if bet.profit:
            own.bets += "W" if bet.profit > 0 else "L"

    def add_commission(self, commission: Decimal, market: _Settled) -> None:
        self.commission = (self.commission or ZERO) + commission
        if commission:
            self._market(market)
            self.markets[-1].net -= commission

    def _market(self, market: _Settled) -> None:
        """Begin a market, unless it is the one that was counted last."""
        if not self.markets or self.markets[-1].index != market.index:
            self.markets.append(_Settled(market.settled_at, market.index, market.market_id))

    def in_order(self) -> list[_Settled]:
        return sorted(self.markets, key=lambda market: (market.settled_at, market.index))


class Totals:
    """
    Counts markets together, one after the other; a market more takes a few hundred bytes.

    Markets that were settled at the same moment count in the order in which they were added.
    """

    def __init__(self) -> None:
        self._overall: dict[Case, _Tally] = {case: _Tally() for case in Case}
        self._groups: dict[tuple[Group, str], dict[Case, _Tally]] = {}
        self._added = 0

    def add(self, results: MarketResults) -> None:
        """Count a market."""
        self._added += 1
        event_id = (results.definition.event_id if results.definition else None) or ""
        common = {Group.MARKET: results.market_id, Group.EVENT: event_id}
        for row in results.rows:
            for tally in self._tallies({**common, Group.STRATEGY: row.strategy, Group.SIDE: row.side}):
                for case in Case:
                    tally[case].orders += 1
        for case, settled in results.settled.items():
            part = _Settled(_settled_at(results.definition), self._added, results.market_id)
            for bet in settled.bets:
                for tally in self._tallies({**common, Group.STRATEGY: bet.strategy, Group.SIDE: bet.side}):
                    tally[case].add_bet(bet, results.risked[case][bet.bet_id], part)
            for tally in self._tallies(common):
                tally[case].add_commission(settled.commission, part)
            for strategy, commission in settled.commission_by_strategy.items():
                self._of(Group.STRATEGY, strategy)[case].add_commission(commission, part)

    def overall(self, case: Case = Case.EXPECTED) -> Performance:
        """Return what all markets came to."""
        return _performance(self._overall[case])

    def by(self, group: Group, case: Case = Case.EXPECTED) -> dict[str, Performance]:
        """Return the same by market id, event id, strategy or side, in the order of first appearance."""
        return {
            key: _performance(tallies[case]) for (kind, key), tallies in self._groups.items() if kind is group
        }

    def equity(self, case: Case = Case.EXPECTED) -> list[EquityPoint]:
        """Return the net total after each market, in the order of settlement."""
        markets = self._overall[case].in_order()
        nets = accumulate(market.net for market in markets)
        return [
            EquityPoint(each.settled_at, each.market_id, net) for each, net in zip(markets, nets, strict=True)
        ]

    def _tallies(self, keys: dict[Group, str]) -> list[dict[Case, _Tally]]:
        """Return what counts for all, and for each of some groups."""
        return [self._overall, *(self._of(group, key) for group, key in keys.items())]

    def _of(self, group: Group, key: str) -> dict[Case, _Tally]:
        return self._groups.setdefault((group, key), {case: _Tally() for case in Case})


def _performance(tally: _Tally) -> Performance:
    markets = tally.in_order()
    bets = "".join(market.bets for market in markets)
    won, lost = bets.count("W"), bets.count("L")
    net = tally.profit - (tally.commission or ZERO)
    return Performance(
        orders=tally.orders,
        bets=tally.bets,
        unsettled=tally.unsettled,
        won=won,
        lost=lost,
        markets=len(markets),
        turnover=tally.turnover,
        risked=tally.risked,
        profit=tally.profit,
        commission=tally.commission,
        net=net,
        roi=_percentage(Fraction(net), Fraction(tally.risked)),
        win_rate=_percentage(Fraction(won), Fraction(won + lost)),
        drawdown=_drawdown([market.net for market in markets]),
        sharpe=_sharpe([market.net for market in markets]),
        longest_losing_run=max(map(len, bets.split("W")), default=0),
    )


def _settled_at(definition: MarketDefinition | None) -> int:
    """Return when a market was settled, else when it was off; 0 where its definition does not say."""
    for published in (definition.settled_time, definition.market_time) if definition is not None else ():
        try:
            return epoch_ms(published or "")
        except ValueError:
            continue  # Betfair's word for it is no moment: take the next best
    return 0


def _percentage(part: Fraction, whole: Fraction) -> Decimal | None:
    return rounded(100 * part / whole, _PERCENT_DECIMALS) if whole else None


def _drawdown(nets: list[Decimal]) -> Decimal:
    total = highest = deepest = ZERO
    for net in nets:
        total += net
        highest = max(highest, total)
        deepest = max(deepest, highest - total)
    return deepest


def _sharpe(nets: list[Decimal]) -> Decimal | None:
    if len(nets) < _FEWEST_FOR_DEVIATION:
        return None
    exact = [Fraction(net) for net in nets]
    mean = sum(exact, Fraction()) / len(exact)
    variance = sum(((net - mean) ** 2 for net in exact), Fraction()) / (len(exact) - 1)
    if not variance:
        return None
    deviation = _PRECISE.sqrt(_PRECISE.divide(Decimal(variance.numerator), Decimal(variance.denominator)))
    return rounded(mean / Fraction(deviation), _RATIO_DECIMALS)
