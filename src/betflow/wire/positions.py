"""
What became of one's own orders: listCurrentOrders, listClearedOrders and listMarketProfitAndLoss.

Amounts are floats in the account's currency; averages have up to 16 decimals. See `betflow.wire.catalogue`
for what holds for all requests and answers.

Source: SportsAPING.xml; "listCurrentOrders", "listClearedOrders", "listMarketProfitAndLoss"; recorded
answers.
"""

import msgspec

from betflow.wire.betting import MarketVersion
from betflow.wire.book import PriceSize
from betflow.wire.catalogue import TimeRange
from betflow.wire.enums import BetStatus, GroupBy, OrderBy, OrderProjection, Side, SortDir


class ListCurrentOrders(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    The parameters of listCurrentOrders: orders on markets that are not settled yet.

    At most 250 ids of bets and markets together; a page has at most 1000 orders, and that many where
    `record_count` is 0 or None. `from_record` counts from 0.
    """

    bet_ids: tuple[str, ...] | None = None
    market_ids: tuple[str, ...] | None = None
    order_projection: OrderProjection | None = None
    customer_order_refs: tuple[str, ...] | None = None
    customer_strategy_refs: tuple[str, ...] | None = None
    placed_date_range: TimeRange | None = None
    date_range: TimeRange | None = None
    order_by: OrderBy | None = None
    sort_dir: SortDir | None = None
    from_record: int | None = None
    record_count: int | None = None
    include_item_description: bool | None = None
    include_source_id: bool | None = None


class CurrentItemDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The market as it was when the order was placed."""

    market_version: MarketVersion | None = None


class CurrentOrderSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An order on a market that is not settled yet."""

    bet_id: str
    market_id: str
    selection_id: int
    handicap: float | None = None
    price_size: PriceSize | None = None
    bsp_liability: float | None = None
    side: str | None = None
    status: str | None = None
    order_type: str | None = None
    placed_date: str | None = None
    persistence_type: str | None = None
    matched_date: str | None = None
    average_price_matched: float | None = None
    size_matched: float | None = None
    size_remaining: float | None = None
    size_lapsed: float | None = None
    size_cancelled: float | None = None
    size_voided: float | None = None
    lapsed_date: str | None = None
    lapse_status_reason_code: str | None = None
    cancelled_date: str | None = None
    regulator_auth_code: str | None = None
    regulator_code: str | None = None
    customer_order_ref: str | None = None
    customer_strategy_ref: str | None = None
    current_item_description: CurrentItemDescription | None = None
    source_id_key: str | None = None
    source_id_description: str | None = None


class CurrentOrderSummaryReport(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"
):
    """A page of current orders."""

    current_orders: tuple[CurrentOrderSummary, ...]
    more_available: bool


class RunnerId(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A runner of a market."""

    market_id: str
    selection_id: int
    handicap: float | None = None


class ListClearedOrders(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    The parameters of listClearedOrders: the last 90 days.

    At most 1000 bet ids; a page has at most 1000 orders, and that many where `record_count` is 0 or None.
    `from_record` counts from 0. `group_by` goes with `BetStatus.SETTLED` only.
    """

    bet_status: BetStatus
    event_type_ids: tuple[str, ...] | None = None
    event_ids: tuple[str, ...] | None = None
    market_ids: tuple[str, ...] | None = None
    runner_ids: tuple[RunnerId, ...] | None = None
    bet_ids: tuple[str, ...] | None = None
    customer_order_refs: tuple[str, ...] | None = None
    customer_strategy_refs: tuple[str, ...] | None = None
    side: Side | None = None
    settled_date_range: TimeRange | None = None
    group_by: GroupBy | None = None
    include_item_description: bool | None = None
    locale: str | None = None
    from_record: int | None = None
    record_count: int | None = None
    include_source_id: bool | None = None


class ItemDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What a bet was on, in words."""

    event_type_desc: str | None = None
    event_desc: str | None = None
    market_desc: str | None = None
    market_type: str | None = None
    market_start_time: str | None = None
    runner_desc: str | None = None
    number_of_winners: int | None = None
    each_way_divisor: float | None = None


class ClearedOrderSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    A cleared order, or what several add up to.

    Which fields there are follows from the roll-up. `profit` of a bet is before commission; `commission`
    exists from the market upwards.
    """

    event_type_id: str | None = None
    event_id: str | None = None
    market_id: str | None = None
    selection_id: int | None = None
    handicap: float | None = None
    bet_id: str | None = None
    placed_date: str | None = None
    persistence_type: str | None = None
    order_type: str | None = None
    side: str | None = None
    item_description: ItemDescription | None = None
    bet_outcome: str | None = None
    price_requested: float | None = None
    settled_date: str | None = None
    last_matched_date: str | None = None
    bet_count: int | None = None
    commission: float | None = None
    price_matched: float | None = None
    price_reduced: bool | None = None
    size_settled: float | None = None
    profit: float | None = None
    size_cancelled: float | None = None
    customer_order_ref: str | None = None
    customer_strategy_ref: str | None = None
    source_id_key: str | None = None
    source_id_description: str | None = None


class ClearedOrderSummaryReport(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"
):
    """A page of cleared orders; one that says there is more may be followed by an empty one."""

    cleared_orders: tuple[ClearedOrderSummary, ...]
    more_available: bool


class ListMarketProfitAndLoss(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listMarketProfitAndLoss; markets that are not open, or not of odds, are left out."""

    market_ids: tuple[str, ...]
    include_settled_bets: bool | None = None
    include_bsp_bets: bool | None = None
    net_of_commission: bool | None = None


class RunnerProfitAndLoss(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What one gains if a runner wins; loses (several winners) or is placed (each way)."""

    selection_id: int | None = None
    if_win: float | None = None
    if_lose: float | None = None
    if_place: float | None = None


class MarketProfitAndLoss(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What one gains in a market, by runner; `commission_applied` is a percentage."""

    market_id: str | None = None
    commission_applied: float | None = None
    profit_and_losses: tuple[RunnerProfitAndLoss, ...] | None = None
