"""What a market book can show an account of its own bets."""

from betflow.wire.book import Match
from changes import MARKET
from exchange_scenes import ACCOUNT, ExchangeScene
from scenes import BACK, SECOND, limit, prices


def test_an_order_has_all_its_amounts_and_matched_parts() -> None:
    """Each matched part has its price, size and date, the bet's id and one of its own."""
    scene = ExchangeScene(prices(1, atb=[(3.0, 4), (2.8, 4)]))
    scene.order(limit(BACK, 2.8, 10, ref="one"), strategy="mine")

    (own,) = scene.exchange.account_orders(ACCOUNT, MARKET)

    assert (1, 0.0, "EXECUTABLE", 2.9, 8.0, 2.0, "one", "mine") == (
        own.selection_id,
        own.handicap,
        own.order.status,
        own.order.avg_price_matched,
        own.order.size_matched,
        own.order.size_remaining,
        own.order.customer_order_ref,
        own.order.customer_strategy_ref,
    )
    date, bet_id = "1970-01-01T00:00:01.000Z", "300000000001"
    assert (
        Match(side="BACK", price=3.0, size=4.0, bet_id=bet_id, match_id=f"{bet_id}001", match_date=date),
        Match(side="BACK", price=2.8, size=4.0, bet_id=bet_id, match_id=f"{bet_id}002", match_date=date),
    ) == own.matches


def test_a_removal_reduces_what_is_shown() -> None:
    """Matches and averages have prices as they stand after a non-runner."""
    scene = ExchangeScene(prices(1, atb=[(12.0, 2)]), runners=[1, 2, 3])
    scene.order(limit(BACK, 12.0, 2))
    scene.remove(3, 21.1)

    (own,) = scene.exchange.account_orders(ACCOUNT, MARKET)

    assert ([9.47], 9.47) == ([each.price for each in own.matches], own.order.avg_price_matched)


def test_what_is_void_is_no_match() -> None:
    """On a removed runner nothing is matched any more."""
    scene = ExchangeScene(prices(1, atb=[(12.0, 2)]), runners=[1, 2, 3])
    scene.order(limit(BACK, 12.0, 2))
    scene.remove(1, 21.1)

    (own,) = scene.exchange.account_orders(ACCOUNT, MARKET)

    assert ((), 0.0, 2.0) == (own.matches, own.order.avg_price_matched, own.order.size_voided)


def test_what_waits_for_the_bet_delay_is_not_shown() -> None:
    """An order is shown when the matcher has it; of a market without orders there is nothing to show."""
    scene = ExchangeScene(prices(1, atb=[(12.0, 2)]), inPlay=True, betDelay=1)
    scene.ask(scene.request(limit(BACK, 12.0, 2)))
    before = len(scene.exchange.account_orders(ACCOUNT, MARKET))
    scene.wait(2 * SECOND)

    assert (0, 1) == (before, len(scene.exchange.account_orders(ACCOUNT, MARKET)))
    assert [] == scene.exchange.account_orders(ACCOUNT, "1.9")
