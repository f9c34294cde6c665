"""
Messages of the Exchange Stream API, live and recorded.

Field names are Betfair's in snake case; the short ladder names (`atb`, `trd`, …) stay as they are,
because that is what the documentation and every user call them. Every field that Betfair may leave
out has a default, unknown fields are ignored, and values of closed sets stay text: a message is
never lost to something new in it. Fields stand in the order in which Betfair mostly sends them, because
that is decoded fastest.

Prices and sizes are the published numbers as floats. Starting prices may be ``NaN`` or ``Infinity``,
which Betfair sends as strings.

Source: ESASwaggerSchema.json; "Exchange Stream API"; recorded messages.
"""

from typing import TypeAlias

import msgspec

PriceSizes: TypeAlias = list[tuple[float, float]]
"""Ladder entries by price: ``(price, size)``. The size is absolute; 0 deletes the price."""

LevelPriceSizes: TypeAlias = list[tuple[int, float, float]]
"""Ladder entries by level: ``(level, price, size)``, level 0 the best. Size 0 empties the level."""


class RunnerDefinition(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A runner as the market definition has it. `name` exists in historic files only."""

    id: int
    hc: float | None = None
    sort_priority: int | None = None
    status: str | None = None
    adjustment_factor: float | None = None
    bsp: float | None = None
    removal_date: str | None = None
    name: str | None = None


class PriceLadderDefinition(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Which ladder prices of the market stand on; see `betflow.wire.enums.LadderType`."""

    type: str | None = None


class KeyLineSelection(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One side of a handicap market's key line."""

    id: int
    hc: float | None = None


class KeyLineDefinition(msgspec.Struct, frozen=True, gc=False, rename="camel"):
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


class RunnerChange(msgspec.Struct, frozen=True, gc=False, kw_only=True):
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


class MarketChange(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
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
    msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel", tag_field="op", tag="mcm"
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


class OrderChangeMessage(msgspec.Struct, frozen=True, gc=False, rename="camel", tag_field="op", tag="ocm"):
    """Changes of the account's own orders; `oc` stays undecoded here."""

    pt: int
    clk: str | int | None = None
    oc: msgspec.Raw = msgspec.Raw(b"null")
    ct: str | None = None
    id: int | None = None
    status: int | None = None
    segment_type: str | None = None
    initial_clk: str | None = None


class ConnectionMessage(
    msgspec.Struct, frozen=True, gc=False, rename="camel", tag_field="op", tag="connection"
):
    """The greeting of a new connection."""

    connection_id: str | None = None
    id: int | None = None


class StatusMessage(msgspec.Struct, frozen=True, gc=False, rename="camel", tag_field="op", tag="status"):
    """The answer to a request on the stream."""

    status_code: str | None = None
    connection_closed: bool | None = None
    error_code: str | None = None
    error_message: str | None = None
    connection_id: str | None = None
    connections_available: int | None = None
    id: int | None = None


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
