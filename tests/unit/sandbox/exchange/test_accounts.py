"""Several accounts on one exchange, and what each of them is."""

from decimal import Decimal

import pytest

from betflow.errors import ConfigurationError, UsageError
from betflow.sandbox.exchange.accounts import AccountTerms
from betflow.sandbox.exchange.exchange import Exchange
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.account import GetAccountStatement
from betflow.wire.betting import ExecutionReport, PlaceInstruction, PlaceOrders
from betflow.wire.enums import ActionPerformed, ServiceErrorCode, Side
from betflow.wire.heartbeat import Heartbeat
from betflow.wire.positions import ListCurrentOrders
from changes import MARKET, change, defined
from exchange_scenes import ScriptedFeed
from scenes import BACK, LAY, limit, prices

ANN, BOB = AccountTerms(name="ann", deposit=Decimal(100)), AccountTerms(name="bob", currency="EUR")


@pytest.fixture
def exchange() -> Exchange:
    """Return an exchange with two accounts, and a market where 10 can be backed at 3.0."""
    feed = ScriptedFeed(1_000)
    feed.put(FeedChange(1_000, change(prices(1, atb=[(3.0, 10)]), marketDefinition=defined(), img=True)))
    exchange = Exchange(feed, accounts=(ANN, BOB))
    exchange.advance(1_000)
    return exchange


def _place(exchange: Exchange, account: str, instruction: PlaceInstruction) -> ExecutionReport:
    reports: list[ExecutionReport] = []
    exchange.submit(account, PlaceOrders(market_id=MARKET, instructions=(instruction,)), reports.append)
    return reports[0]


def test_accounts_do_not_see_each_other(exchange: Exchange) -> None:
    """Bet ids, orders and money are an account's own; the offers of the market are there for each of them."""
    heard: list[str] = []
    exchange.on_orders.append(lambda account, _: heard.append(account))
    for name in ("ann", "bob"):
        _place(exchange, name, limit(BACK, 3.0, 10))

    assert [("300000000001", 10.0), ("301000000001", 10.0)] == [
        (each.bet_id, each.size_matched)
        for name in ("ann", "bob")
        for each in exchange.current_orders(name, ListCurrentOrders()).current_orders
    ]
    assert ["ann", "bob"] == heard
    assert [90.0, 9990.0] == [exchange.funds(name).available_to_bet_balance for name in ("ann", "bob")]


def test_what_is_published_has_the_bets_of_all(exchange: Exchange) -> None:
    """Unmatched bets of two accounts at one price are displayed together."""
    for name in ("ann", "bob"):
        _place(exchange, name, limit(LAY, 2.5, 4))

    runner = exchange.books[MARKET].runner(1)
    assert runner is not None
    assert {3.0: 10.0, 2.5: 8.0} == runner.available_to_back


def test_the_currency_decides_what_can_be_bet(exchange: Exchange) -> None:
    """10 at the least is to be paid in pounds, 20 in euros."""
    reports = [_place(exchange, name, limit(Side.BACK, 30, 0.5)) for name in ("ann", "bob")]
    euros = _place(exchange, "bob", limit(Side.BACK, 30, 0.66))

    assert ["SUCCESS", "FAILURE", "FAILURE"] == [each.status for each in (*reports, euros)]
    assert "SUCCESS" == _place(exchange, "bob", limit(Side.BACK, 30, 0.67)).status
    assert "EUR" == exchange.details("bob").currency_code


def test_the_deposit_is_the_first_row_of_the_statement(exchange: Exchange) -> None:
    """What an account begins with is in its statement."""
    rows = exchange.statement("ann", GetAccountStatement()).account_statement

    assert [(100.0, 100.0, "1970-01-01T00:00:01.000Z")] == [
        (each.amount, each.balance, each.item_date) for each in rows
    ]


def test_an_account_that_is_none_is_refused(exchange: Exchange) -> None:
    """Whoever asks for an account that there is not has no session of it."""
    with pytest.raises(ServiceRefusal) as refused:
        exchange.funds("nobody")

    assert ServiceErrorCode.INVALID_SESSION_INFORMATION is refused.value.code


def test_names_and_currencies_are_checked() -> None:
    """Two accounts cannot have one name, and a currency has to be one of Betfair's."""
    with pytest.raises(UsageError):
        Exchange(ScriptedFeed(0), accounts=(AccountTerms(), AccountTerms()))
    with pytest.raises(ConfigurationError):
        Exchange(ScriptedFeed(0), accounts=(AccountTerms(currency="XAU"),))


@pytest.mark.parametrize(("wanted", "actual"), [(1, 10), (60, 60), (1000, 300), (0, 0)])
def test_a_heartbeat_is_between_ten_seconds_and_five_minutes(
    exchange: Exchange, wanted: int, actual: int
) -> None:
    """What is outside is moved there; 0 switches it off."""
    report = exchange.heartbeat("ann", Heartbeat(preferred_timeout_seconds=wanted))

    assert (actual, ActionPerformed.NONE) == (report.actual_timeout_seconds, report.action_performed)


def test_a_negative_heartbeat_is_refused(exchange: Exchange) -> None:
    """Less than nothing is no timeout."""
    with pytest.raises(ServiceRefusal) as refused:
        exchange.heartbeat("ann", Heartbeat(preferred_timeout_seconds=-1))

    assert ServiceErrorCode.INVALID_INPUT_DATA is refused.value.code


def test_a_heartbeat_is_one_accounts(exchange: Exchange) -> None:
    """When one account falls silent the other's bets stay."""
    for name in ("ann", "bob"):
        _place(exchange, name, limit(BACK, 5.0, 4))
    exchange.heartbeat("ann", Heartbeat(preferred_timeout_seconds=10))
    exchange.advance(12_000)

    assert ["EXECUTION_COMPLETE", "EXECUTABLE"] == [
        each.status
        for name in ("ann", "bob")
        for each in exchange.current_orders(name, ListCurrentOrders()).current_orders
    ]
