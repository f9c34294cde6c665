"""How markets are settled for an account, and what that does to its money and its orders."""

from decimal import Decimal

import pytest

from betflow.exchange.bets import RunnerKey
from betflow.sandbox.exchange.accounts import AccountTerms
from betflow.sandbox.exchange.settling import result_of
from betflow.wire.enums import BetStatus
from betflow.wire.stream import MarketDefinition, RunnerDefinition
from changes import MARKET
from exchange_scenes import ACCOUNT, ExchangeScene, differences
from scenes import BACK, LAY, limit, market_on_close, prices


def test_a_settled_market_pays() -> None:
    """The profit less commission is booked when the market closes; nothing of it is at risk any more."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 10)]), marketBaseRate=5.0)
    scene.order(limit(BACK, 3.0, 10))

    scene.settle(1)

    funds = scene.exchange.funds(ACCOUNT)
    assert (10_019.0, 0.0) == (funds.available_to_bet_balance, funds.exposure)
    assert [] == scene.current()


def test_what_was_won_can_be_bet() -> None:
    """After a win more can be lost than was paid in, and not a penny more than there is."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 10)]), terms=AccountTerms(deposit=Decimal("10.00")))
    scene.order(limit(BACK, 3.0, 10))
    scene.settle(1)
    other = {
        "id": "1.2",
        "marketDefinition": {
            **scene.terms,
            "status": "OPEN",
            "runners": [{"id": 1, "sortPriority": 1, "status": "ACTIVE"}],
        },
    }
    scene.fold(other)

    assert "FAILURE" == scene.place(limit(BACK, 3.0, 29.01), market_id="1.2").status
    assert "SUCCESS" == scene.place(limit(BACK, 3.0, 29.00), market_id="1.2").status


def test_a_discount_counts_where_it_is_allowed() -> None:
    """The account's discount is off the market base rate, in a market that allows it."""
    scene = ExchangeScene(
        prices(1, atb=[(3.0, 10)]),
        terms=AccountTerms(discount_rate=Decimal(20)),
        marketBaseRate=5.0,
        discountAllowed=True,
    )
    scene.order(limit(BACK, 3.0, 10))
    scene.settle(1)

    assert 10_019.2 == scene.exchange.funds(ACCOUNT).available_to_bet_balance


def test_what_is_unmatched_lapses_when_the_market_closes() -> None:
    """The order stream says that the market is closed, and that what was unmatched lapsed."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4)]))
    scene.order(limit(BACK, 3.0, 10))
    scene.settle(1)

    change = scene.streamed[-1]
    assert change.closed
    assert [("EC", 4.0, 6.0)] == [
        (each.status, each.sm, each.sl) for runner in change.orc or () for each in runner.uo or ()
    ]
    assert scene.orders.books[MARKET].closed
    assert [] == scene.exchange.order_image(ACCOUNT)


def test_every_part_of_an_order_ends_in_one_way() -> None:
    """A bet that was matched, cancelled and lapsed in parts is found under all three, each with its part."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4)]))
    order = scene.order(limit(BACK, 3.0, 10))
    scene.cancel(order, 1)
    before = [len(scene.cleared(status)) for status in BetStatus]
    scene.settle(1)

    assert [0, 0, 0, 0] == before
    assert [(4.0, 8.0, "WON")] == [
        (each.size_settled, each.profit, each.bet_outcome) for each in scene.cleared()
    ]
    assert [[], [5.0], [1.0]] == [
        [each.size_cancelled for each in scene.cleared(status)]
        for status in (BetStatus.VOIDED, BetStatus.LAPSED, BetStatus.CANCELLED)
    ]


def test_bets_on_a_removed_runner_are_cleared_as_void() -> None:
    """They are void from the moment of the removal, pay nothing and are in no statement."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4)]), runners=[1, 2, 3])
    scene.order(limit(BACK, 3.0, 4))
    scene.remove(1, 30.0)
    voided = scene.cleared(BetStatus.VOIDED)
    scene.settle(2)

    assert [4.0] == [each.size_cancelled for each in voided]
    assert voided == scene.cleared(BetStatus.VOIDED)
    assert [] == scene.cleared()
    assert 1 == len(scene.statement())


def test_a_bet_that_is_reduced_says_so() -> None:
    """A cleared order has the reduced price, and that it was reduced."""
    scene = ExchangeScene(prices(1, atb=[(12.0, 2)]), runners=[1, 2, 3])
    scene.order(limit(BACK, 12.0, 2))
    scene.remove(3, 21.1)
    scene.settle(1)

    assert [(12.0, 9.47, True, 16.94)] == [
        (each.price_requested, each.price_matched, each.price_reduced, each.profit)
        for each in scene.cleared()
    ]


def test_a_bet_at_the_starting_price_is_settled_at_it() -> None:
    """A lay at the starting price loses no more than its liability."""
    scene = ExchangeScene(bspMarket=True)
    scene.order(market_on_close(LAY, 20.0))
    scene.reconcile(r1=3.37, r2=1.4)
    scene.settle(1)

    cleared = scene.cleared()
    assert [("LOST", 3.37, 8.44, -20.0)] == [
        (each.bet_outcome, each.price_matched, each.size_settled, each.profit) for each in cleared
    ]


def test_a_market_that_is_settled_again_is_corrected() -> None:
    """Betfair's example: 18.00 won, less 0.90, becomes 2.00 lost; errors are marked and reversed first."""
    scene = ExchangeScene(prices(1, atb=[(10.0, 2)]), marketBaseRate=5.0)
    scene.order(limit(BACK, 10.0, 2))
    scene.settle(1)
    scene.define(
        status="SUSPENDED", runners=[{**each, "status": "ACTIVE"} for each in scene.terms["runners"]]
    )
    reopened = scene.exchange.funds(ACCOUNT)
    scene.settle(2)

    assert [
        (10_000.0, "RESULT_NOT_APPLICABLE", "ACCOUNT_CREDIT"),
        (18.0, "RESULT_ERR", "ACCOUNT_CREDIT"),
        (-0.9, "RESULT_ERR", "ACCOUNT_DEBIT"),
        (-18.0, "RESULT_FIX", "ACCOUNT_DEBIT"),
        (0.9, "COMMISSION_REVERSAL", "COMMISSION_REVERSAL"),
        (-2.0, "RESULT_LOST", "ACCOUNT_DEBIT"),
    ] == [
        (each.amount, each.legacy_data.win_lose, each.legacy_data.transaction_type)
        for each in scene.statement()
        if each.legacy_data
    ]
    assert (9_998.0, -2.0) == (reopened.available_to_bet_balance, reopened.exposure)
    assert 9_998.0 == scene.exchange.funds(ACCOUNT).available_to_bet_balance
    assert ["LOST"] == [each.bet_outcome for each in scene.cleared()]


def test_a_market_that_is_open_again_has_current_orders_again() -> None:
    """When a market is unsettled its bets are current, and the order stream says that it is not closed."""
    scene = ExchangeScene(prices(1, atb=[(10.0, 2)]))
    scene.order(limit(BACK, 10.0, 2))
    scene.settle(1)
    scene.define(status="OPEN", runners=[{**each, "status": "ACTIVE"} for each in scene.terms["runners"]])

    assert not scene.streamed[-1].closed
    assert [] == differences(scene.orders, scene.current())
    assert [] == scene.cleared()


def test_the_same_result_again_changes_nothing() -> None:
    """A definition that comes once more with the same result books nothing."""
    scene = ExchangeScene(prices(1, atb=[(10.0, 2)]))
    scene.order(limit(BACK, 10.0, 2))
    scene.settle(1)
    booked, cleared = scene.statement(), scene.cleared()
    scene.define()

    assert booked == scene.statement()
    assert cleared == scene.cleared()


def _handicap(selection: int, statuses: dict[float, str]) -> list[RunnerDefinition]:
    return [RunnerDefinition(id=selection, hc=line, status=status) for line, status in statuses.items()]


@pytest.mark.parametrize(
    ("statuses", "margin"),
    [
        ({-0.5: "LOSER", 0.5: "WINNER", -0.25: "LOSER"}, "-0.25"),
        ({-1.5: "LOSER", -0.5: "WINNER", -0.25: "WINNER"}, "0.75"),
        ({0.0: "REMOVED", -0.25: "LOSER"}, "-0.25"),
        ({1.0: "REMOVED", -0.25: "LOSER"}, "-1.25"),
    ],
)
def test_the_score_of_a_handicap_market_follows_from_its_lines(
    statuses: dict[float, str], margin: str
) -> None:
    """Between the half lines that won and those that lost there is one score; a push says it outright."""
    definition = MarketDefinition(
        status="CLOSED", betting_type="ASIAN_HANDICAP_DOUBLE_LINE", runners=_handicap(1, statuses)
    )

    margins = result_of(MARKET, definition, {}).margins

    assert margins is not None
    assert Decimal(margin) == margins[RunnerKey(1, Decimal("-0.25"))]


def test_a_score_that_lines_leave_open_is_not_guessed() -> None:
    """Where more than one score fits, a quarter line has no margin."""
    definition = MarketDefinition(
        status="CLOSED",
        betting_type="ASIAN_HANDICAP_DOUBLE_LINE",
        runners=_handicap(1, {-2.5: "LOSER", 0.5: "WINNER", -0.25: "LOSER"}),
    )

    assert {} == result_of(MARKET, definition, {}).margins


def test_bets_whose_result_nobody_knows_are_void() -> None:
    """A line market does not say which number it ended with: stakes come back, and nothing stays open."""
    scene = ExchangeScene(
        prices(1, atb=[(20.5, 10)]),
        bettingType="LINE",
        priceLadderDefinition={"type": "LINE_RANGE"},
        lineMinUnit=0.5,
        lineMaxUnit=100.5,
        lineInterval=1.0,
    )
    scene.order(limit(BACK, 20.5, 10))
    held = scene.exchange.funds(ACCOUNT).exposure
    scene.settle(1)

    assert -10.0 == held
    assert (10_000.0, 0.0) == (
        scene.exchange.funds(ACCOUNT).available_to_bet_balance,
        scene.exchange.funds(ACCOUNT).exposure,
    )
    assert [10.0] == [each.size_cancelled for each in scene.cleared(BetStatus.VOIDED)]
