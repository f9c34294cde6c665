"""
What there is to bet on: the navigation operations and listMarketCatalogue, requests and answers.

Field names are Betfair's in snake case. A request leaves out what is None; answers may have fields that
are not here, and values of closed sets in them stay text (see `betflow.wire.enums`). Times are ISO 8601
text in UTC as published.

Source: SportsAPING.xml; "Betting Type Definitions"; recorded answers.
"""

import msgspec

from betflow.wire.enums import (
    BetDelayModel,
    MarketBettingType,
    MarketProjection,
    MarketSort,
    OrderStatus,
    TimeGranularity,
)


class TimeRange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A span of time, both ends included; an end that is None is open."""

    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None


class MarketFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    Which markets: any of the values of a field, and all of the fields. Without fields, every market.

    `text_query` looks into event names only; ``*`` stands for anything, but not at the beginning.
    """

    text_query: str | None = None
    exchange_ids: tuple[str, ...] | None = None
    event_type_ids: tuple[str, ...] | None = None
    event_ids: tuple[str, ...] | None = None
    competition_ids: tuple[str, ...] | None = None
    market_ids: tuple[str, ...] | None = None
    venues: tuple[str, ...] | None = None
    bsp_only: bool | None = None
    turn_in_play_enabled: bool | None = None
    in_play_only: bool | None = None
    market_betting_types: tuple[MarketBettingType, ...] | None = None
    market_countries: tuple[str, ...] | None = None
    market_type_codes: tuple[str, ...] | None = None
    market_start_time: TimeRange | None = None
    with_orders: tuple[OrderStatus, ...] | None = None
    race_types: tuple[str, ...] | None = None
    bet_delay_models: tuple[BetDelayModel, ...] | None = None


class ListEventTypes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listEventTypes."""

    filter: MarketFilter = msgspec.field(default_factory=MarketFilter)
    locale: str | None = None


class ListCompetitions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listCompetitions."""

    filter: MarketFilter = msgspec.field(default_factory=MarketFilter)
    locale: str | None = None


class ListTimeRanges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listTimeRanges."""

    granularity: TimeGranularity
    filter: MarketFilter = msgspec.field(default_factory=MarketFilter)


class ListEvents(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listEvents."""

    filter: MarketFilter = msgspec.field(default_factory=MarketFilter)
    locale: str | None = None


class ListMarketTypes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listMarketTypes."""

    filter: MarketFilter = msgspec.field(default_factory=MarketFilter)
    locale: str | None = None


class ListCountries(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listCountries."""

    filter: MarketFilter = msgspec.field(default_factory=MarketFilter)
    locale: str | None = None


class ListVenues(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listVenues."""

    filter: MarketFilter = msgspec.field(default_factory=MarketFilter)
    locale: str | None = None


class ListMarketCatalogue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    The parameters of listMarketCatalogue.

    `max_results` is from 1 to 1000, less where projections have weight: see `betflow.betfair.planning`.
    """

    max_results: int
    filter: MarketFilter = msgspec.field(default_factory=MarketFilter)
    market_projection: tuple[MarketProjection, ...] | None = None
    sort: MarketSort | None = None
    locale: str | None = None


class EventType(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A sport."""

    id: str | None = None
    name: str | None = None


class EventTypeResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A sport, and how many markets it has."""

    event_type: EventType | None = None
    market_count: int | None = None


class Competition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A competition; racing has none."""

    id: str | None = None
    name: str | None = None


class CompetitionResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A competition, and how many markets it has; the region is an ISO code of three letters."""

    competition: Competition | None = None
    market_count: int | None = None
    competition_region: str | None = None


class TimeRangeResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A span of time, and how many markets begin in it."""

    time_range: TimeRange | None = None
    market_count: int | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An event. Betfair says GB where it does not know the country."""

    id: str | None = None
    name: str | None = None
    country_code: str | None = None
    timezone: str | None = None
    venue: str | None = None
    open_date: str | None = None


class EventResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An event, and how many markets it has."""

    event: Event | None = None
    market_count: int | None = None


class MarketTypeResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A type of market, and how many there are."""

    market_type: str | None = None
    market_count: int | None = None


class CountryCodeResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A country, and how many markets it has."""

    country_code: str | None = None
    market_count: int | None = None


class VenueResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A race track, and how many markets it has."""

    venue: str | None = None
    market_count: int | None = None


class MarketLineRangeInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Which lines a line market has."""

    max_unit_value: float | None = None
    min_unit_value: float | None = None
    interval: float | None = None
    market_unit: str | None = None


class PriceLadderDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Which price ladder a market uses; see `betflow.wire.enums.LadderType`."""

    type: str | None = None


class MarketDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    What a market is, and its rules (HTML).

    `market_base_rate` is a percentage; `each_way_divisor` exists in each-way markets only.
    """

    bsp_market: bool | None = None
    market_time: str | None = None
    suspend_time: str | None = None
    betting_type: str | None = None
    turn_in_play_enabled: bool | None = None
    market_type: str | None = None
    persistence_enabled: bool | None = None
    market_base_rate: float | None = None
    discount_allowed: bool | None = None
    regulator: str | None = None
    settle_time: str | None = None
    wallet: str | None = None
    rules: str | None = None
    rules_has_date: bool | None = None
    clarifications: str | None = None
    each_way_divisor: float | None = None
    line_range_info: MarketLineRangeInfo | None = None
    race_type: str | None = None
    price_ladder_description: PriceLadderDescription | None = None
    bet_delay_models: tuple[str, ...] | None = None


class RunnerCatalog(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A runner as the catalogue has it; `metadata` is text by Betfair's names, e.g. ``STALL_DRAW``."""

    selection_id: int
    runner_name: str | None = None
    handicap: float | None = None
    sort_priority: int | None = None
    metadata: dict[str, str | None] | None = None


class MarketCatalogue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A market; what is None was not asked for. `total_matched` comes from a cache."""

    market_id: str
    market_name: str | None = None
    market_start_time: str | None = None
    description: MarketDescription | None = None
    total_matched: float | None = None
    runners: tuple[RunnerCatalog, ...] | None = None
    event_type: EventType | None = None
    competition: Competition | None = None
    event: Event | None = None
