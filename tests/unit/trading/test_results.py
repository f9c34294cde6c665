"""What orders came to: a row for each, in three cases."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from acting import Does, back, lay, opened, play, priced, redefined, runner, the_market, won
from betflow.exchange.bets import RunnerKey
from betflow.exchange.matching.orders import Case
from betflow.exchange.results import MarketKind, market_result
from betflow.trading import PlayedMarket
from betflow.trading.results import FAILURE, OrderRow, market_results, order_rows
from betflow.wire.enums import OrderStatus
from betflow.wire.stream import MarketChangeMessage


def _played(*messages: MarketChangeMessage, once: Any = lambda market: [back(market)]) -> PlayedMarket:  # noqa: ANN401 - a hook
    start = opened(900, marketBaseRate=5), priced(1000, (3.0, 6), (3.2, 50))
    return the_market(play(*start, *messages, strategy=Does(once, name="a-name-of-20-letters")))


def _row(*messages: MarketChangeMessage, once: Any = lambda market: [back(market)]) -> OrderRow:  # noqa: ANN401 - likewise
    (row,) = order_rows(_played(*messages, once=once))
    return row


def test_a_row_says_all_in_betfairs_words() -> None:
    """A back of 10.00 at 2.0 that got 6.00 at 3.0, won and paid 12.00; the rest lapsed at the close."""
    row = _row(priced(2000, (3.0, 0)), won(3000))

    assert (Decimal("10.00"), Decimal("2.0")) == (row.size, row.price)
    assert (Decimal("6.00"), Decimal(3)) == (row.size_matched, row.average_price_matched)
    assert [0, 0, 4, 0] == [
        row.size_remaining,
        row.size_cancelled,
        row.size_lapsed,
        row.size_voided,
    ]
    assert (OrderStatus.EXECUTION_COMPLETE, None) == (row.status, row.error_code)
    assert (True, Decimal("12.00")) == (row.settled, row.profit)
    assert ("1.1-1", "1.1", 1, Decimal(0), "BACK", "LIMIT", "1") == (
        row.ref,
        row.market_id,
        row.selection_id,
        row.handicap,
        row.side,
        row.order_type,
        row.bet_id,
    )
    assert ("a-name-of-20-letters", ("BEST_PRICE", "WINNER"), "betflow-1/2") == (
        row.strategy,
        row.rules,
        row.assumptions,
    )


def test_a_losing_order_costs_its_stake() -> None:
    """What was matched is lost, and nothing more."""
    row = _row(priced(2000, (3.0, 0)), won(3000, winner=2))

    assert Decimal("-6.00") == row.profit


def test_the_three_cases_differ_where_somebody_cancelled() -> None:
    """20 stand ahead and 20 behind, 10 of the 40 leave, 20 trade: 0, 5 and 10 are matched, and pay at 4.0."""
    row = _row(
        priced(1100, lay=(4.0, 20)),
        priced(2000, lay=(4.0, 40)),
        priced(2100, lay=(4.0, 30)),
        priced(2200, lay=(4.0, 10), trd=[(4.0, 40)]),
        won(3000),
        once=lambda market: [back(market, 4.0)],
    )

    cases = (row.worst, row, row.best)
    assert [Decimal(0), Decimal(5), Decimal(10)] == [each.size_matched for each in cases]
    assert [Decimal(0), Decimal(15), Decimal(30)] == [each.profit for each in cases]
    assert [Decimal(0), Decimal(4), Decimal(4)] == [each.average_price_matched for each in cases]


def test_a_market_without_a_result_is_not_settled() -> None:
    """What was matched is neither won nor lost: no profit, not settled."""
    row = _row(priced(2000, (3.0, 5)))

    assert (Decimal("6.00"), False, None) == (row.size_matched, row.settled, row.profit)
    assert (False, None) == (row.worst.settled, row.best.profit)


def test_an_order_that_was_not_matched_pays_nothing() -> None:
    """It is settled with the market, for 0.00."""
    row = _row(won(3000), once=lambda market: [back(market, 100.0)])

    assert (Decimal(0), Decimal(0), True, Decimal("0.00")) == (
        row.size_matched,
        row.average_price_matched,
        row.settled,
        row.profit,
    )


def test_a_refused_order_has_its_error_code() -> None:
    """No bet id, FAILURE, the size that was asked for and nothing else."""
    row = _row(priced(2000, (3.0, 5)), won(3000), once=lambda market: [back(market, 2.005)])

    assert (FAILURE, "INVALID_ODDS", "") == (row.status, row.error_code, row.bet_id)
    assert (Decimal(10), Decimal(0), Decimal(0)) == (row.size, row.size_matched, row.size_remaining)


def test_an_order_on_its_way_is_pending() -> None:
    """The tape ended before it arrived."""
    row = _row(priced(1100, (3.0, 5)))

    assert ("PENDING", None, False, None) == (row.status, row.error_code, row.settled, row.profit)


def test_what_is_matched_on_a_removed_runner_is_void() -> None:
    """The stake comes back: it moves from matched to void, and the profit is 0."""
    removed = [{"id": 1, "status": "REMOVED", "adjustmentFactor": 30.0}, {"id": 2, "status": "ACTIVE"}]
    closed = [{"id": 1, "status": "REMOVED", "adjustmentFactor": 30.0}, {"id": 2, "status": "WINNER"}]

    row = _row(redefined(2000, runners=removed, version=2), won(3000, runners=closed))

    assert (Decimal(0), Decimal("6.00"), Decimal("4.00")) == (
        row.size_matched,
        row.size_voided,
        row.size_lapsed,
    )
    assert (True, Decimal("0.00"), Decimal(0)) == (row.settled, row.profit, row.average_price_matched)


def test_a_void_market_voids_what_is_matched() -> None:
    """A result that says so moves all that was matched to void."""
    played = _played(priced(2000, (3.0, 0)), won(3000))
    assert played.definition is not None
    result = market_result("1.1", played.definition, is_void=True)

    (row,) = order_rows(played, result=result)

    assert (Decimal(0), Decimal("6.00"), Decimal(0), True) == (
        row.size_matched,
        row.size_voided,
        row.profit,
        row.settled,
    )


def test_the_average_price_is_the_reduced_one() -> None:
    """A non-runner with a factor of 20 % makes 2.4 of 3.0."""
    removed = [
        {"id": 1, "status": "ACTIVE"},
        {"id": 2, "status": "REMOVED", "adjustmentFactor": 20.0},
    ]
    closed = [{**removed[0], "status": "WINNER"}, removed[1]]

    row = _row(redefined(2000, runners=removed, version=2), won(3000, runners=closed))

    assert (Decimal("2.4"), Decimal("8.40")) == (row.average_price_matched, row.profit)
    assert "REDUCED" in row.rules
    assert ("reduced_price_rounding",) == row.assumed


def test_commission_is_on_the_market() -> None:
    """5 % of 12.00, less 10 % discount where the market allows it."""
    played = _played(priced(2000, (3.0, 0)), won(3000, marketBaseRate=5, discountAllowed=True))

    results = market_results(played, discount_rate=Decimal(10))

    assert [(Decimal("12.00"), Decimal("0.54"))] * 3 == [
        (results.settled[case].profit, results.settled[case].commission) for case in Case
    ]
    assert {"a-name-of-20-letters": Decimal("0.54")} == results.settled[Case.EXPECTED].commission_by_strategy


def test_what_was_risked_is_the_stake_or_the_liability() -> None:
    """A back of 6.00 risks 6.00, a lay of 10.00 at 3.2 risks 22.00."""
    played = _played(won(3000), once=lambda market: [back(market, 3.0, 6), lay(market, 3.2)])

    results = market_results(played)

    assert {"1": Decimal("6.00"), "2": Decimal("22.00")} == results.risked[Case.EXPECTED]


def test_an_order_on_close_waits_with_its_liability() -> None:
    """Before the reconciliation, size and what remains are the liability."""
    messages = opened(900, bspMarket=True), priced(1000, (3.0, 6)), priced(2000, (3.0, 5))
    strategy = Does(lambda market: [market.lay_on_close(runner(market), 20)])

    (row,) = order_rows(the_market(play(*messages, strategy=strategy)))

    assert ("EXECUTABLE", Decimal(20), Decimal(20), Decimal(20)) == (
        row.status,
        row.size,
        row.size_remaining,
        row.liability,
    )
    assert (None, "MARKET_ON_CLOSE") == (row.price, row.order_type)


def test_an_order_on_close_is_matched_at_the_starting_price() -> None:
    """A lay with a liability of 20.00 at 5.0 is a bet of 5.00."""
    runners = [{"id": 1, "status": "LOSER", "bsp": 5.0}, {"id": 2, "status": "WINNER", "bsp": 1.5}]
    active = [{**each, "status": "ACTIVE"} for each in runners]
    messages = (
        opened(900, bspMarket=True),
        priced(1000, (3.0, 6)),
        redefined(2000, bspMarket=True, bspReconciled=True, runners=active, version=2),
        won(3000, bspMarket=True, bspReconciled=True, runners=runners),
    )
    strategy = Does(lambda market: [market.lay_on_close(runner(market), 20)])

    (row,) = order_rows(the_market(play(*messages, strategy=strategy)))

    assert (Decimal("5.00"), Decimal("5.00"), Decimal(5), Decimal("5.00")) == (
        row.size,
        row.size_matched,
        row.average_price_matched,
        row.profit,
    )


def test_a_market_that_nobody_defined_has_no_result() -> None:
    """Without a definition nothing is settled."""
    results = market_results(PlayedMarket(market_id="1.1"))

    assert ((), None) == (results.rows, results.definition)


def test_dead_heats_are_settled_by_the_result() -> None:
    """Two winners of a win market share: half the stake wins."""
    both = [{"id": each, "status": "WINNER"} for each in (1, 2)]

    row = _row(priced(2000, (3.0, 0)), won(3000, runners=both))

    assert Decimal("3.00") == row.profit


@pytest.mark.parametrize(("number", "profit"), [(2, Decimal("6.00")), (9, Decimal("-6.00")), (None, None)])
def test_what_a_definition_cannot_say_comes_from_the_result(
    number: int | None, profit: Decimal | None
) -> None:
    """A back of a line at 3.0 wins below it; without the number it stays unsettled."""
    played = _played(priced(2000, (3.0, 0)), won(3000))
    assert played.definition is not None
    result = replace(
        market_result("1.1", played.definition, line_result=number),
        kind=MarketKind.LINE,
        statuses={RunnerKey(1): "WINNER"},
    )

    (row,) = order_rows(played, result=result)

    assert (profit is not None, profit) == (row.settled, row.profit)


def test_what_a_removal_voided_stays_void_though_the_runner_comes_back() -> None:
    """Sizes and profit tell the same: nothing is matched, and nothing is paid."""
    gone = [{"id": 1, "status": "REMOVED", "adjustmentFactor": 30}, {"id": 2, "status": "ACTIVE"}]

    row = _row(redefined(2000, version=2, runners=gone), redefined(2500, version=3), won(3000))

    assert (Decimal(0), Decimal("6.00"), Decimal(0)) == (row.size_matched, row.size_voided, row.profit)
