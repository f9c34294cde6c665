"""The auction at the off: the starting price, and which exchange bets it takes."""

from math import inf, isnan

import pytest

from betflow.exchange.auction import Auction, Bid, far_price, hold, is_auctions
from betflow.wire.enums import Side
from betflow.wire.stream import MarketDefinition, RunnerDefinition

ANY_BACK, ANY_LAY = 1.01, 1000.0


def alone(backs: list[Bid], lays: list[Bid]) -> Auction:
    """Hold an auction without the exchange."""
    return hold(backs, lays, [], [])


@pytest.mark.parametrize(
    ("stake", "liability", "price"), [(1000_00, 6000_00, 7.0), (6000_00, 1000_00, 7 / 6)]
)
def test_the_examples_of_the_specification(stake: int, liability: int, price: float) -> None:
    """£1,000 of stakes and £6,000 of liabilities balance at 7.0; the other way round, at 1.17."""
    auction = alone([(ANY_BACK, stake)], [(ANY_LAY, liability)])

    assert price == pytest.approx(auction.price)
    assert (stake, liability, None) == (auction.stake, auction.liability, auction.side)


def test_nobody_bets_at_no_price() -> None:
    """Where nobody bets the price is NaN."""
    assert isnan(alone([], []).price)


def test_backers_alone_have_a_price_of_1() -> None:
    """Where nobody lays the price is 1.0, and nothing is matched."""
    assert Auction(1.0, 0, 0) == alone([(ANY_BACK, 100)], [])


def test_layers_alone_have_no_finite_price() -> None:
    """Where nobody backs the price is infinite."""
    assert Auction(inf, 0, 0) == alone([], [(ANY_LAY, 100)])


def test_a_backer_whose_limit_is_above_does_not_count() -> None:
    """A backer at 8.0 or more leaves a price of 7.0 as it is."""
    assert Auction(7.0, 100_00, 600_00) == alone([(ANY_BACK, 100_00), (8.0, 500_00)], [(ANY_LAY, 600_00)])


def test_a_layer_whose_limit_is_below_does_not_count() -> None:
    """A layer at 6.0 or less leaves a price of 7.0 as it is."""
    assert Auction(7.0, 100_00, 600_00) == alone([(ANY_BACK, 100_00)], [(ANY_LAY, 600_00), (6.0, 500_00)])


def test_a_backer_who_would_move_the_price_below_its_limit_is_matched_in_part() -> None:
    """A backer at 5.0 or more with more than the layers want at 5.0 makes 5.0 the price."""
    assert Auction(5.0, 150_00, 600_00) == alone([(ANY_BACK, 100_00), (5.0, 500_00)], [(ANY_LAY, 600_00)])


def test_a_layer_who_would_move_the_price_above_its_limit_is_matched_in_part() -> None:
    """A layer at 9.0 or less with more than the backers want at 9.0 makes 9.0 the price."""
    assert Auction(9.0, 100_00, 800_00) == alone([(ANY_BACK, 100_00)], [(ANY_LAY, 600_00), (9.0, 900_00)])


def test_limits_that_do_not_meet_match_nothing() -> None:
    """A backer from 5.0 up and a layer up to 3.0 are not matched."""
    auction = alone([(5.0, 100)], [(3.0, 100)])

    assert (0, 0) == (auction.stake, auction.liability)


def test_layers_with_money_left_over_take_resting_backs() -> None:
    """£100 of stakes want £300 at 4.0; the layers have £630 and take £104.23 of resting backs."""
    auction = hold([(ANY_BACK, 100_00)], [(ANY_LAY, 630_00)], [(4.0, 60_00), (4.2, 80_00)], [(3.9, 500_00)])

    # (60 × 4.0 + 44.23 × 4.2) / 104.23 is 4.08487, and (100 + 104.23) × 3.08487 is 630.02.
    assert ((4.0, 60_00), (4.2, 44_23)) == auction.taken
    assert pytest.approx(4.08487) == auction.price
    assert (Side.BACK, 100_00, 630_00) == (auction.side, auction.stake, auction.liability)


def test_backers_with_money_left_over_take_resting_lays() -> None:
    """£300 of stakes want £900 at 4.0; the layers have £600, so £100 of lays are taken, the best first."""
    auction = hold([(ANY_BACK, 300_00)], [(ANY_LAY, 600_00)], [(4.2, 500_00)], [(4.0, 500_00), (3.9, 500_00)])

    assert Auction(4.0, 300_00, 600_00, ((4.0, 100_00),), Side.LAY) == auction


def test_no_resting_bet_is_taken_beyond_where_the_money_balances() -> None:
    """Stakes and liabilities that balance at 4.1 take neither a back at 4.2 nor a lay at 4.0."""
    auction = hold([(ANY_BACK, 100_00)], [(ANY_LAY, 310_00)], [(4.2, 500_00)], [(4.0, 500_00)])

    assert pytest.approx(4.1) == auction.price
    assert ((), None) == (auction.taken, auction.side)


def test_a_limit_at_the_price_holds_it_there() -> None:
    """
    A backer at 26 or more is matched in part, and holds the price at 26.

    As recorded on 1.185781277, 17733338: 0.20 at 25, 11.44 at 26 and 0.20 at 27 average exactly 26.
    """
    auction = hold(
        [(ANY_BACK, 153_03), (26.0, 19_59)],
        [(ANY_LAY, 4126_45)],
        [(25.0, 20), (26.0, 11_44), (27.0, 42_03)],
        [(24.0, 7_36)],
    )

    assert ((25.0, 20), (26.0, 11_44), (27.0, 20)) == auction.taken
    assert 26.0 == auction.price
    assert 153_22 == auction.stake


def test_all_resting_backs_may_be_taken() -> None:
    """Layers with more money than all resting backs need are matched in part, at the average."""
    auction = hold([], [(ANY_LAY, 9000_00)], [(4.0, 10_00), (5.0, 10_00)], [])

    assert Auction(4.5, 0, 70_00, ((4.0, 10_00), (5.0, 10_00)), Side.BACK) == auction


def test_the_far_price_leaves_the_exchange_out() -> None:
    """£100 of stakes and £630 of liabilities are 7.3, whatever rests."""
    assert pytest.approx(7.3) == far_price([(ANY_BACK, 100_00)], [(ANY_LAY, 630_00)])


SUSPENDED = MarketDefinition(status="SUSPENDED", bsp_market=True)
OPEN = MarketDefinition(status="OPEN", bsp_market=True)
PRICED = MarketDefinition(
    status="SUSPENDED", bsp_market=True, runners=[RunnerDefinition(id=1, status="ACTIVE", bsp=3.0)]
)
RECONCILED = MarketDefinition(status="SUSPENDED", bsp_market=True, bsp_reconciled=True)
IN_PLAY = MarketDefinition(status="SUSPENDED", bsp_market=True, in_play=True)


@pytest.mark.parametrize(
    ("expected", "before", "now"),
    [
        (True, SUSPENDED, None),
        (True, OPEN, PRICED),
        (True, OPEN, RECONCILED),
        (True, SUSPENDED, RECONCILED),
        (True, SUSPENDED, SUSPENDED),
        (False, OPEN, SUSPENDED),
        (False, OPEN, None),
        (False, SUSPENDED, OPEN),
        (False, RECONCILED, None),
        (False, IN_PLAY, None),
        (False, MarketDefinition(status="SUSPENDED"), None),
        (False, None, RECONCILED),
    ],
)
def test_trades_of_the_auction(
    expected: bool,  # noqa: FBT001 - a table
    before: MarketDefinition | None,
    now: MarketDefinition | None,
) -> None:
    """What trades in the suspension at the off is the auction's; so is what comes with prices."""
    assert expected is is_auctions(before, now)
