"""
Prices of markets when one asks for them: listMarketBook and listRunnerBook, requests and answers.

The stream has the same in another form (`betflow.wire.stream`). Prices and sizes are the published numbers
as floats; starting prices may be ``NaN`` or infinite, which Betfair sends as text. See
`betflow.wire.catalogue` for what holds for all requests and answers.

Source: SportsAPING.xml; "listMarketBook", "Betting Type Definitions"; recorded answers.
"""

import msgspec

from betflow.wire.enums import MatchProjection, OrderProjection, PriceData, RollupModel


class ExBestOffersOverrides(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """How deep, and how rolled up, the best offers are; a depth of 3 unless told, 10 at most."""

    best_prices_depth: int | None = None
    rollup_model: RollupModel | None = None
    rollup_limit: int | None = None
    rollup_liability_threshold: float | None = None
    rollup_liability_factor: int | None = None


class PriceProjection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Which prices; `virtualise` adds those of cross matching, as the website shows them."""

    price_data: tuple[PriceData, ...] | None = None
    ex_best_offers_overrides: ExBestOffersOverrides | None = None
    virtualise: bool | None = None
    rollover_stakes: bool | None = None


class ListMarketBook(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    The parameters of listMarketBook.

    Closed markets are asked for apart from open ones: of a mixture Betfair answers with the open ones only.
    """

    market_ids: tuple[str, ...]
    price_projection: PriceProjection | None = None
    order_projection: OrderProjection | None = None
    match_projection: MatchProjection | None = None
    include_overall_position: bool | None = None
    partition_matched_by_strategy_ref: bool | None = None
    customer_strategy_refs: tuple[str, ...] | None = None
    currency_code: str | None = None
    locale: str | None = None
    matched_since: str | None = None
    bet_ids: tuple[str, ...] | None = None


class ListRunnerBook(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listRunnerBook. An unknown runner is answered with the market alone."""

    market_id: str
    selection_id: int
    handicap: float | None = None
    price_projection: PriceProjection | None = None
    order_projection: OrderProjection | None = None
    match_projection: MatchProjection | None = None
    include_overall_position: bool | None = None
    partition_matched_by_strategy_ref: bool | None = None
    customer_strategy_refs: tuple[str, ...] | None = None
    currency_code: str | None = None
    locale: str | None = None
    matched_since: str | None = None
    bet_ids: tuple[str, ...] | None = None


class PriceSize(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A size at a price."""

    price: float
    size: float


class StartingPrices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The starting price pool. `near_price` and `far_price` are renewed once a minute."""

    near_price: float | None = None
    far_price: float | None = None
    back_stake_taken: tuple[PriceSize, ...] | None = None
    lay_liability_taken: tuple[PriceSize, ...] | None = None
    actual_sp: float | None = msgspec.field(default=None, name="actualSP")


class ExchangePrices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Offers, best price first, and the traded volume, lowest price first."""

    available_to_back: tuple[PriceSize, ...] | None = None
    available_to_lay: tuple[PriceSize, ...] | None = None
    traded_volume: tuple[PriceSize, ...] | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An order of one's own on a runner."""

    bet_id: str
    order_type: str | None = None
    status: str | None = None
    side: str | None = None
    price: float | None = None
    size: float | None = None
    placed_date: str | None = None
    persistence_type: str | None = None
    bsp_liability: float | None = None
    avg_price_matched: float | None = None
    size_matched: float | None = None
    size_remaining: float | None = None
    size_lapsed: float | None = None
    size_cancelled: float | None = None
    size_voided: float | None = None
    customer_order_ref: str | None = None
    customer_strategy_ref: str | None = None


class Match(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What of one's own was matched; ids and date only where nothing is rolled up."""

    side: str | None = None
    price: float
    size: float
    bet_id: str | None = None
    match_id: str | None = None
    match_date: str | None = None


class Matches(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Matches of one strategy."""

    matches: tuple[Match, ...] | None = None


class Runner(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A runner; what is None was not asked for, or the exchange does not have it."""

    selection_id: int
    handicap: float | None = None
    status: str | None = None
    adjustment_factor: float | None = None
    last_price_traded: float | None = None
    total_matched: float | None = None
    removal_date: str | None = None
    sp: StartingPrices | None = None
    ex: ExchangePrices | None = None
    orders: tuple[Order, ...] | None = None
    matches: tuple[Match, ...] | None = None
    matches_by_strategy: dict[str, Matches] | None = None


class KeyLineSelection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One side of a handicap market's key line."""

    selection_id: int
    handicap: float | None = None


class KeyLineDescription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The key line of a handicap market."""

    key_line: tuple[KeyLineSelection, ...] | None = None


class MarketBook(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    A market and its prices.

    `is_market_data_delayed` says that the app key is a delayed one: three prices, no volumes of runners.
    `total_matched` counts both stakes.
    """

    market_id: str
    is_market_data_delayed: bool | None = None
    status: str | None = None
    suspend_reason: str | None = None
    bet_delay: int | None = None
    bsp_reconciled: bool | None = None
    complete: bool | None = None
    inplay: bool | None = None
    number_of_winners: int | None = None
    number_of_runners: int | None = None
    number_of_active_runners: int | None = None
    last_match_time: str | None = None
    total_matched: float | None = None
    total_available: float | None = None
    cross_matching: bool | None = None
    runners_voidable: bool | None = None
    version: int | None = None
    runners: tuple[Runner, ...] | None = None
    key_line_description: KeyLineDescription | None = None
    bet_delay_models: tuple[str, ...] | None = None
