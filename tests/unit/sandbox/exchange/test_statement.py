"""getAccountStatement: the rows of a settlement, and what can be asked for."""

import json

import pytest

from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.account import GetAccountStatement, StatementLegacyData
from betflow.wire.catalogue import TimeRange
from betflow.wire.enums import IncludeItem, ServiceErrorCode
from changes import MARKET
from exchange_scenes import ACCOUNT, ExchangeScene
from scenes import BACK, LAY, limit, prices

_DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture
def scene() -> ExchangeScene:
    """Return a market that was won: 18.00 less 0.90."""
    scene = ExchangeScene(
        prices(1, atb=[(10.0, 2)]),
        eventTypeId="7",
        bettingType="ODDS",
        marketBaseRate=5.0,
        name="5f Hcap",
        eventName="Ascot 18th Feb",
    )
    scene.order(limit(BACK, 10.0, 2))
    scene.settle(1)
    return scene


def test_a_profit_is_followed_by_its_commission(scene: ExchangeScene) -> None:
    """The bet's row refers to the bet; the commission's has the rate and the market's net winnings."""
    _, profit, commission = (each.legacy_data for each in scene.statement())

    assert (
        StatementLegacyData(
            avg_price=10.0,
            avg_price_raw=10.0,
            bet_size=2.0,
            bet_type="B",
            bet_category_type="E",
            event_id=1,
            event_type_id=7,
            full_market_name="Ascot 18th Feb / 5f Hcap",
            gross_bet_amount=0.0,
            market_name="5f Hcap",
            market_type="O",
            placed_date="1970-01-01T00:00:01.000Z",
            selection_id=1,
            selection_name="",
            start_date="2026-02-18T14:00:00.000Z",
            transaction_type="ACCOUNT_CREDIT",
            transaction_id=2,
            win_lose="RESULT_WON",
        )
        == profit
    )
    assert commission is not None
    assert ("NONE", "5%", 18.0, 0, "ACCOUNT_DEBIT", "RESULT_NOT_APPLICABLE") == (
        commission.bet_category_type,
        commission.commission_rate,
        commission.gross_bet_amount,
        commission.selection_id,
        commission.transaction_type,
        commission.win_lose,
    )


def test_rows_have_amount_balance_and_their_data_as_text(scene: ExchangeScene) -> None:
    """Every row has the balance after it, and in `itemClassData` the legacy data once more as JSON text."""
    rows = scene.statement()

    assert [(10_000.0, 10_000.0), (18.0, 10_018.0), (-0.9, 10_017.1)] == [
        (each.amount, each.balance) for each in rows
    ]
    assert ["1", "300000000001", "3"] == [each.ref_id for each in rows]
    text = (rows[1].item_class_data or {})["unknownStatementItem"]
    assert text is not None
    assert ("UNKNOWN", "RESULT_WON", 18) == (rows[1].item_class, json.loads(text)["winLose"], rows[1].amount)


def test_a_lost_lay_is_a_debit() -> None:
    """What a lay lost is taken off, and there is no commission on it."""
    scene = ExchangeScene(prices(1, atl=[(4.0, 2)]))
    scene.order(limit(LAY, 4.0, 2))
    scene.settle(1)

    assert [(-6.0, "L", "ACCOUNT_DEBIT", "RESULT_LOST")] == [
        (each.amount, data.bet_type, data.transaction_type, data.win_lose)
        for each in scene.statement(include_item=IncludeItem.EXCHANGE)
        if (data := each.legacy_data)
    ]


def test_a_dead_heat_says_how_many_share() -> None:
    """A back of 2 at 10.0 on one of two winners gets half of its winnings and loses half of its stake."""
    scene = ExchangeScene(prices(1, atb=[(10.0, 2)]), runners=[1, 2, 3])
    scene.order(limit(BACK, 10.0, 2))
    scene.settle(1, 2)

    assert [(8.0, 2.0), (-0.4, None)] == [
        (each.amount, data.dead_heat_price_divisor)
        for each in scene.statement(include_item=IncludeItem.EXCHANGE)
        if (data := each.legacy_data)
    ]


@pytest.mark.parametrize(
    ("item", "rows"),
    [
        (IncludeItem.ALL, 3),
        (IncludeItem.EXCHANGE, 2),
        (IncludeItem.DEPOSITS_WITHDRAWALS, 1),
        (IncludeItem.POKER_ROOM, 0),
    ],
)
def test_items_are_of_kinds(scene: ExchangeScene, item: IncludeItem, rows: int) -> None:
    """Bets with their commission are one kind, deposits another."""
    assert rows == len(scene.statement(include_item=item))


def test_a_range_of_dates_counts_for_all_items_only(scene: ExchangeScene) -> None:
    """As documented, the range is ignored where only one kind of items is asked for."""
    later = TimeRange(from_="1970-01-02T00:00:00.000Z")

    assert [0, 2] == [
        len(scene.statement(item_date_range=later, include_item=item))
        for item in (IncludeItem.ALL, IncludeItem.EXCHANGE)
    ]


def test_a_statement_goes_back_ninety_days(scene: ExchangeScene) -> None:
    """What is older is not shown; the balance knows it all the same."""
    scene.wait(91 * _DAY_MS)

    assert [] == scene.statement()
    assert 10_017.1 == scene.exchange.funds(ACCOUNT).available_to_bet_balance


def test_a_page_has_at_most_a_hundred_items(scene: ExchangeScene) -> None:
    """A longer page is refused; a page that is not the last says so."""
    with pytest.raises(ServiceRefusal) as refused:
        scene.statement(record_count=101)

    assert ServiceErrorCode.INVALID_INPUT_DATA is refused.value.code
    first = scene.exchange.statement(ACCOUNT, GetAccountStatement(record_count=2))
    assert (True, -0.9) == (first.more_available, first.account_statement[0].amount)


def test_the_market_is_named_by_its_digits(scene: ExchangeScene) -> None:
    """`eventId` holds the digits of the market id behind the point."""
    data = scene.statement()[1].legacy_data

    assert data is not None
    assert MARKET == f"1.{data.event_id}"
