"""How well it went, added up by hand."""

from decimal import Decimal

from acting import Does, back, lay, opened, play, priced, the_market, won
from betflow.exchange.matching.orders import Case
from betflow.trading.performance import EquityPoint, Group, Totals
from betflow.trading.results import MarketResults, market_results

CLOSED = "2026-02-18T14:05:00.000Z"
LATER = "2026-02-18T14:25:00.000Z"
CLOSED_MS = 1_771_423_500_000


def _market(
    market_id: str, winner: int, *, size: float = 10.0, event: str = "e", at: str = CLOSED
) -> MarketResults:
    """Back runner 1 at 3.0 and lay it at 3.2, ten pounds each: +20 -22 if it wins, -10 +10 if it loses."""
    strategies = Does(lambda market: [back(market, 3.0, size), lay(market, 3.2, 5.0)], name="s")
    played = play(
        opened(900, market=market_id),
        priced(1000, (3.0, 50), (3.2, 50), market=market_id),
        priced(2000, (3.0, 49), market=market_id),
        won(3000, winner, market=market_id, eventId=event, settledTime=at, marketBaseRate=5),
        strategy=strategies,
    )
    return market_results(the_market(played))


def _totals(*results: MarketResults) -> Totals:
    totals = Totals()
    for each in results:
        totals.add(each)
    return totals


def test_nothing_played_is_nothing_won() -> None:
    """Ratios of nothing are None, sums are 0."""
    nothing = Totals().overall()

    assert (0, 0, Decimal(0), None, None, None, Decimal(0), 0) == (
        nothing.orders,
        nothing.bets,
        nothing.net,
        nothing.roi,
        nothing.win_rate,
        nothing.sharpe,
        nothing.drawdown,
        nothing.longest_losing_run,
    )


def test_totals_of_a_winner() -> None:
    """The back pays 20, the lay of 5.00 costs 11; 5 % of 9 is 0.45; 15 bet, 21 risked."""
    totals = _totals(_market("1.1", 1)).overall()

    assert (Decimal("9.00"), Decimal("0.45"), Decimal("8.55")) == (
        totals.profit,
        totals.commission,
        totals.net,
    )
    assert (Decimal("15.00"), Decimal("21.00")) == (totals.turnover, totals.risked)
    assert (Decimal("40.71"), Decimal("50.00")) == (totals.roi, totals.win_rate)
    assert (2, 2, 0, 1, 1, 1, 1) == (
        totals.orders,
        totals.bets,
        totals.unsettled,
        totals.won,
        totals.lost,
        totals.markets,
        totals.longest_losing_run,
    )


def test_all_three_cases_are_counted() -> None:
    """Where nothing is in doubt they are the same."""
    totals = _totals(_market("1.1", 1))

    assert totals.overall(Case.WORST) == totals.overall(Case.EXPECTED) == totals.overall(Case.BEST)


def test_drawdown_goes_by_settlement() -> None:
    """+8.55, then -5 twice, then +8.55: the largest fall is 10.00, whatever order they are added in."""
    first, last = _market("1.1", 1), _market("1.4", 1, at=LATER)
    losers = [_market(f"1.{number}", 2, at="2026-02-18T14:15:00.000Z") for number in (2, 3)]

    assert Decimal("10.00") == _totals(first, *losers, last).overall().drawdown
    assert Decimal("10.00") == _totals(last, *losers, first).overall().drawdown


def test_a_loss_at_the_beginning_is_a_drawdown() -> None:
    """The total falls from 0."""
    assert Decimal("5.00") == _totals(_market("1.1", 2)).overall().drawdown


def test_sharpe_is_mean_by_deviation_of_markets() -> None:
    """8.55 and -5.00: mean 1.775, deviation of a sample 9.5813, ratio 0.1853."""
    assert Decimal("0.1853") == _totals(_market("1.1", 1), _market("1.2", 2)).overall().sharpe


def test_sharpe_needs_markets_that_differ() -> None:
    """One market, or equal ones, have no deviation."""
    assert None is _totals(_market("1.1", 1)).overall().sharpe
    assert None is _totals(_market("1.1", 1), _market("1.2", 1)).overall().sharpe


def test_losing_runs_go_over_markets() -> None:
    """Lay lost; back lost, lay won; back lost: with W and L it is WL LW LW, the longest run is 2."""
    totals = _totals(_market("1.1", 1), _market("1.2", 2), _market("1.3", 2)).overall()

    assert (3, 3, 2) == (totals.won, totals.lost, totals.longest_losing_run)


def test_groups_add_up_to_all() -> None:
    """By market, event and strategy the nets are the total; by side the profits are."""
    totals = _totals(_market("1.1", 1), _market("1.2", 2, event="f"), _market("1.3", 1, event="f"))

    for group in (Group.MARKET, Group.EVENT, Group.STRATEGY):
        assert totals.overall().net == sum(each.net for each in totals.by(group).values())
        assert totals.overall().orders == sum(each.orders for each in totals.by(group).values())
    assert totals.overall().profit == sum(each.profit for each in totals.by(Group.SIDE).values())
    assert ["e", "f"] == list(totals.by(Group.EVENT))
    assert ["BACK", "LAY"] == list(totals.by(Group.SIDE))


def test_sides_know_no_commission() -> None:
    """It belongs to the market."""
    assert [None, None] == [each.commission for each in _totals(_market("1.1", 1)).by(Group.SIDE).values()]


def test_equity_is_the_net_total_over_time() -> None:
    """A point for each market, by settlement time."""
    totals = _totals(_market("1.2", 2, at=LATER), _market("1.1", 1))

    assert [
        EquityPoint(CLOSED_MS, "1.1", Decimal("8.55")),
        EquityPoint(CLOSED_MS + 1_200_000, "1.2", Decimal("3.55")),
    ] == totals.equity()


def test_a_settlement_time_that_is_none_is_passed_over() -> None:
    """The market time takes its place."""
    (point,) = _totals(_market("1.1", 1, at="soon")).equity()

    assert CLOSED_MS - 300_000 == point.settled_at


def test_unsettled_bets_are_counted_apart() -> None:
    """A market without a result is neither profit nor loss."""
    played = play(
        opened(900),
        priced(1000, (3.0, 50)),
        priced(2000, (3.0, 49)),
        strategy=Does(lambda market: [back(market)]),
    )
    totals = _totals(market_results(the_market(played))).overall()

    assert (1, 0, 1, Decimal(0), 0, None) == (
        totals.orders,
        totals.bets,
        totals.unsettled,
        totals.profit,
        totals.markets,
        totals.win_rate,
    )


def test_void_bets_are_no_turnover() -> None:
    """A void bet is settled, and neither won nor lost nor risked anything."""
    runners = [{"id": 1, "status": "REMOVED"}, {"id": 2, "status": "WINNER"}]
    played = play(
        opened(900),
        priced(1000, (3.0, 50)),
        priced(2000, (3.0, 49)),
        won(3000, runners=runners),
        strategy=Does(lambda market: [back(market)]),
    )
    totals = _totals(market_results(the_market(played))).overall()

    assert (1, Decimal(0), Decimal(0), 0, 0) == (
        totals.bets,
        totals.turnover,
        totals.risked,
        totals.won,
        totals.lost,
    )
