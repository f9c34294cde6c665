"""
Messages of the Exchange Stream API, live and recorded.

Field names are Betfair's in snake case; the short ladder names (`atb`, `trd`, …) stay as they are,
because that is what the documentation and every user call them. What is received: every field that
Betfair may leave out has a default, unknown fields are ignored, and values of closed sets stay text, so
that a message is never lost to something new in it. What is sent leaves out what is not set. Fields stand
in the order in which Betfair mostly sends them, because that is decoded fastest.

Prices and sizes are the published numbers as floats. Starting prices may be ``NaN`` or ``Infinity``,
which Betfair sends as strings.

Source: ESASwaggerSchema.json; "Exchange Stream API"; recorded messages.
"""

from typing import TypeAlias

import msgspec

from betflow.wire.enums import MarketDataField

PriceSizes: TypeAlias = list[tuple[float, float]]
"""Ladder entries by price: ``(price, size)``. The size is absolute; 0 deletes the price."""

LevelPriceSizes: TypeAlias = list[tuple[int, float, float]]
"""Ladder entries by level: ``(level, price, size)``, level 0 the best. Size 0 empties the level."""


class RunnerDefinition(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """A runner as the market definition has it. `name` exists in historic files only."""

    id: int
    hc: float | None = None
    sort_priority: int | None = None
    status: str | None = None
    adjustment_factor: float | None = None
    bsp: float | None = None
    removal_date: str | None = None
    name: str | None = None


class PriceLadderDefinition(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """Which ladder prices of the market stand on; see `betflow.wire.enums.LadderType`."""

    type: str | None = None


class KeyLineSelection(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """One side of a handicap market's key line."""

    id: int
    hc: float | None = None


class KeyLineDefinition(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """The key line of a handicap market."""

    kl: list[KeyLineSelection] | None = None


class MarketDefinition(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """
    What a market is and how it stands. Sent whole whenever any of it changes.

    Times are ISO 8601 text as published. `name` and `event_name` exist in historic files only.
    `market_base_rate` is a percentage.
    """

    status: str | None = None
    in_play: bool | None = False
    bet_delay: int | None = 0
    version: int | None = None
    market_time: str | None = None
    runners: list[RunnerDefinition] | None = None
    event_id: str | None = None
    event_type_id: str | None = None
    event_name: str | None = None
    competition_id: str | None = None
    competition_name: str | None = None
    name: str | None = None
    market_type: str | None = None
    betting_type: str | None = None
    venue: str | None = None
    country_code: str | None = None
    timezone: str | None = None
    race_type: str | None = None
    open_date: str | None = None
    suspend_time: str | None = None
    settled_time: str | None = None
    suspend_reason: str | None = None
    number_of_winners: int | None = None
    number_of_active_runners: int | None = None
    each_way_divisor: float | None = None
    market_base_rate: float | None = None
    discount_allowed: bool | None = None
    bsp_market: bool | None = False
    bsp_reconciled: bool | None = False
    complete: bool | None = False
    cross_matching: bool | None = False
    persistence_enabled: bool | None = None
    runners_voidable: bool | None = False
    turn_in_play_enabled: bool | None = None
    bet_delay_models: list[str] | None = None
    regulators: list[str] | None = None
    price_ladder_definition: PriceLadderDefinition | None = None
    key_line_definition: KeyLineDefinition | None = None
    line_max_unit: float | None = None
    line_min_unit: float | None = None
    line_interval: float | None = None


class RunnerChange(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """
    What changed for one runner; a field is present only where something changed.

    The runner is ``(id, hc)``; `hc` is left out when it is 0. `trd` is the traded volume by price,
    cumulative, both stakes counted; an empty list clears it. Money in the starting price pool:
    `spl` holds the backers' stakes, `spb` the layers' liabilities (Betfair names the side that the
    ladders line up with, not the side of the bet).
    """

    atb: PriceSizes | None = None
    atl: PriceSizes | None = None
    trd: PriceSizes | None = None
    ltp: float | None = None
    tv: float | None = None
    id: int
    hc: float | None = None
    spn: float | None = None
    spf: float | None = None
    spb: PriceSizes | None = None
    spl: PriceSizes | None = None
    batb: LevelPriceSizes | None = None
    batl: LevelPriceSizes | None = None
    bdatb: LevelPriceSizes | None = None
    bdatl: LevelPriceSizes | None = None


class MarketChange(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, rename="camel"):
    """
    What changed in one market.

    `img` replaces everything cached for the market. `con`: several changes were merged into one, so
    what happened in between is not known. `tv` is the market's total traded volume.
    """

    id: str
    rc: list[RunnerChange] | None = None
    con: bool | None = None
    img: bool | None = None
    tv: float | None = None
    market_definition: MarketDefinition | None = None


class MarketChangeMessage(
    msgspec.Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    rename="camel",
    tag_field="op",
    tag="mcm",
):
    """
    Changes of one or more markets, published at `pt` (epoch milliseconds).

    `status` 503 says that data may be late or incomplete upstream. `clk` is null in some recordings
    and a number in a few.
    """

    clk: str | int | None = None
    pt: int
    mc: list[MarketChange] | None = None
    id: int | None = None
    ct: str | None = None
    status: int | None = None
    segment_type: str | None = None
    initial_clk: str | None = None
    conflate_ms: int | None = None
    heartbeat_ms: int | None = None


class Order(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """
    One of the account's orders, always complete; amounts in the account's currency.

    Attributes:
        id: The bet id.
        p: Price asked for; of a LIMIT_ON_CLOSE order its limit.
        s: Size asked for; 0 for orders at the starting price.
        side: `betflow.wire.enums.StreamSide`.
        status: `betflow.wire.enums.StreamOrderStatus`.
        pt: `betflow.wire.enums.StreamPersistenceType`.
        ot: `betflow.wire.enums.StreamOrderType`.
        pd: When it was placed, epoch milliseconds; likewise `md` last matched, `cd` cancelled, `ld` lapsed.
        bsp: The liability of an order at the starting price.
        avp: Average price matched.
        sm: Size matched; `sr` remaining, `sl` lapsed, `sc` cancelled, `sv` voided.
        lsrc: Why it lapsed.
        rac: The regulator's authorisation code; `rc` is the regulator's.
        rfo: The customer's reference of the order; `rfs` of the strategy. Empty where there is none.
    """

    id: str
    p: float | None = None
    s: float | None = None
    side: str | None = None
    status: str | None = None
    pt: str | None = None
    ot: str | None = None
    pd: int | None = None
    md: int | None = None
    cd: int | None = None
    ld: int | None = None
    lsrc: str | None = None
    avp: float | None = None
    bsp: float | None = None
    sm: float | None = None
    sr: float | None = None
    sl: float | None = None
    sc: float | None = None
    sv: float | None = None
    rac: str | None = None
    rc: str | None = None
    rfo: str | None = None
    rfs: str | None = None


class StrategyMatchChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is matched of one strategy on one runner: backs and lays, size by price, absolute."""

    mb: PriceSizes | None = None
    ml: PriceSizes | None = None


class OrderRunnerChange(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, rename="camel"
):
    """
    What changed in the account's orders on one runner, ``(id, hc)``.

    `full_image` replaces everything cached for the runner. `uo`: the orders that changed. `mb` and `ml`: all
    that is matched, size by price, absolute; `smc`: the same by the customer's strategy reference, ``""``
    for orders without one.
    """

    id: int
    hc: float | None = None
    full_image: bool | None = None
    uo: list[Order] | None = None
    mb: PriceSizes | None = None
    ml: PriceSizes | None = None
    smc: dict[str, StrategyMatchChange] | None = None


class OrderMarketChange(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, rename="camel"
):
    """What changed in the account's orders in one market. `full_image` replaces everything cached for it."""

    id: str
    account_id: int | None = None
    closed: bool | None = None
    full_image: bool | None = None
    orc: list[OrderRunnerChange] | None = None


class OrderChangeMessage(
    msgspec.Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    rename="camel",
    tag_field="op",
    tag="ocm",
):
    """Changes of the account's own orders, published at `pt`; otherwise like `MarketChangeMessage`."""

    clk: str | int | None = None
    pt: int
    oc: list[OrderMarketChange] | None = None
    id: int | None = None
    ct: str | None = None
    status: int | None = None
    segment_type: str | None = None
    initial_clk: str | None = None
    conflate_ms: int | None = None
    heartbeat_ms: int | None = None


class ConnectionMessage(
    msgspec.Struct,
    frozen=True,
    gc=False,
    omit_defaults=True,
    rename="camel",
    tag_field="op",
    tag="connection",
):
    """The greeting of a new connection."""

    connection_id: str | None = None
    id: int | None = None


class StatusMessage(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel", tag_field="op", tag="status"
):
    """The answer to a request on the stream."""

    id: int | None = None
    status_code: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    connection_closed: bool | None = None
    connection_id: str | None = None
    connections_available: int | None = None


StreamMessage: TypeAlias = MarketChangeMessage | OrderChangeMessage | ConnectionMessage | StatusMessage

decode = msgspec.json.Decoder(StreamMessage, strict=False).decode
"""
Decode one line, without its line end, to a `StreamMessage`.

Numbers given as strings are taken as numbers (``"NaN"``, ``"Infinity"``, ``"42153"``).

Raises:
    msgspec.ValidationError: JSON, but not a message of these types; says what and where.
    msgspec.DecodeError: not JSON.
    RecursionError: nested too deep.
    UnicodeDecodeError: a text in it is not UTF-8.
"""

decode_market_change = msgspec.json.Decoder(MarketChangeMessage, strict=False).decode
"""Decode one line to a `MarketChangeMessage`: like `decode`, faster, and any other message is invalid."""


class ChangeNotice(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """
    What a line at least says of itself where it is no `StreamMessage`.

    A line whose `op` nobody knows is something new, and one that has no changes only a notice, such as the
    ``{"op": "mcm", "status": 503}`` that was seen without a publish time. Anything else is damage.
    """

    op: str | None = None
    id: int | None = None
    status: int | None = None
    mc: msgspec.Raw = msgspec.Raw()
    oc: msgspec.Raw = msgspec.Raw()

    @property
    def has_changes(self) -> bool:
        """Whether it has changes, readable or not."""
        return bool(bytes(self.mc) or bytes(self.oc))


decode_notice = msgspec.json.Decoder(ChangeNotice, strict=False).decode
"""Decode of a line only what it says of itself; raises as `decode` does."""


class MarketFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    Which markets to subscribe to: any of the values of a field, and all of the fields. Nothing: every market.

    Betfair does not check the values. Markets that come to fit later are added by themselves; at most 200
    (by default) may fit.
    """

    market_ids: tuple[str, ...] | None = None
    bsp_market: bool | None = None
    betting_types: tuple[str, ...] | None = None
    event_type_ids: tuple[str, ...] | None = None
    event_ids: tuple[str, ...] | None = None
    turn_in_play_enabled: bool | None = None
    market_types: tuple[str, ...] | None = None
    venues: tuple[str, ...] | None = None
    country_codes: tuple[str, ...] | None = None
    race_types: tuple[str, ...] | None = None


class MarketDataFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What to receive of each market; `ladder_levels` (1 to 10) is for the ladders given by level."""

    ladder_levels: int | None = None
    fields: tuple[MarketDataField, ...] | None = None


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    Which orders to receive, and how they are put together.

    Without `include_overall_position` (Betfair's default is true) there is no `mb` and `ml`;
    `customer_strategy_refs` takes orders and strategies out, never parts of the overall position.
    `account_ids` is Betfair's own: a subscription that sets it fails.
    """

    include_overall_position: bool | None = None
    customer_strategy_refs: tuple[str, ...] | None = None
    partition_matched_by_strategy_ref: bool | None = None
    account_ids: tuple[int, ...] | None = None


class Authentication(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename="camel",
    tag_field="op",
    tag="authentication",
):
    """The first request of a connection. Its `repr` tells neither the app key nor the session token."""

    id: int | None = None
    app_key: str | None = None
    session: str | None = None

    def __repr__(self) -> str:
        return f"Authentication(id={self.id}, app_key=…, session=…)"


class MarketSubscription(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename="camel",
    tag_field="op",
    tag="marketSubscription",
):
    """
    Subscribe to markets; replaces the subscription that the connection had.

    `initial_clk` and `clk` together resume where an earlier subscription of the same filters was.
    """

    id: int | None = None
    market_filter: MarketFilter | None = None
    market_data_filter: MarketDataFilter | None = None
    segmentation_enabled: bool | None = None
    conflate_ms: int | None = None
    heartbeat_ms: int | None = None
    initial_clk: str | None = None
    clk: str | int | None = None


class OrderSubscription(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename="camel",
    tag_field="op",
    tag="orderSubscription",
):
    """Subscribe to the account's orders; otherwise like `MarketSubscription`."""

    id: int | None = None
    order_filter: OrderFilter | None = None
    segmentation_enabled: bool | None = None
    conflate_ms: int | None = None
    heartbeat_ms: int | None = None
    initial_clk: str | None = None
    clk: str | int | None = None


class HeartbeatRequest(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="op", tag="heartbeat"
):
    """Asks for a sign of life, which is a `StatusMessage`."""

    id: int | None = None


StreamRequest: TypeAlias = Authentication | MarketSubscription | OrderSubscription | HeartbeatRequest

decode_request = msgspec.json.Decoder(StreamRequest, strict=False).decode
"""Decode a line that a client sent; raises as `decode` does."""

LINE_END = b"\r\n"
"""Ends every line, both ways."""


def encode_request(request: StreamRequest) -> bytes:
    """Return a request as a line with its end."""
    return msgspec.json.encode(request) + LINE_END
