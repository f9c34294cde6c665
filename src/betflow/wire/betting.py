"""
Requests for orders and the reports that answer them, as the betting API has them.

Field names are Betfair's in snake case; `msgspec.json` gives and takes Betfair's own. What a request leaves
out is left out on the wire too. Sizes and prices are numbers, in the account's currency.

Reports carry statuses and codes as text, which members of `betflow.wire.enums` equal: a report on a bet that
stands must never be lost to a code that is new.

Source: SportsAPING.xml; "placeOrders", "cancelOrders", "replaceOrders", "updateOrders", "Betting Type
Definitions".
"""

from typing import TypeAlias

import msgspec

from betflow.wire.enums import (
    BetTargetType,
    OrderType,
    PersistenceType,
    Side,
    TimeInForce,
)


class LimitOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    A bet at a price or better.

    `size` and `bet_target_size` exclude each other. In an each-way market the size is that of each part.
    """

    price: float
    size: float | None = None
    persistence_type: PersistenceType | None = None
    time_in_force: TimeInForce | None = None
    min_fill_size: float | None = None
    bet_target_type: BetTargetType | None = None
    bet_target_size: float | None = None


class LimitOnCloseOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A bet at the starting price with a limit; the liability of a back is its stake."""

    liability: float
    price: float


class MarketOnCloseOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A bet at the starting price; the liability of a back is its stake."""

    liability: float


class PlaceInstruction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One bet to place; exactly the part that `order_type` names has to be there."""

    order_type: OrderType
    selection_id: int
    side: Side
    handicap: float | None = None
    limit_order: LimitOrder | None = None
    limit_on_close_order: LimitOnCloseOrder | None = None
    market_on_close_order: MarketOnCloseOrder | None = None
    customer_order_ref: str | None = None


class CancelInstruction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Cancel what is unmatched of a bet, or `size_reduction` of it."""

    bet_id: str
    size_reduction: float | None = None


class ReplaceInstruction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Cancel what is unmatched of a bet and place it again at another price."""

    bet_id: str
    new_price: float


class UpdateInstruction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Change what a bet does at the turn in play."""

    bet_id: str
    new_persistence_type: PersistenceType


class MarketVersion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The market's version that an order was decided on."""

    version: int


class PlaceOrders(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of placeOrders."""

    market_id: str
    instructions: tuple[PlaceInstruction, ...]
    customer_ref: str | None = None
    market_version: MarketVersion | None = None
    customer_strategy_ref: str | None = None
    async_: bool | None = msgspec.field(default=None, name="async")
    """Answer before the matcher has: without bet ids, which the order stream and listCurrentOrders have."""


class CancelOrders(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    The parameters of cancelOrders; without instructions all of the market, without a market all bets.

    To Betfair an empty list of instructions is none.
    """

    market_id: str | None = None
    instructions: tuple[CancelInstruction, ...] | None = None
    customer_ref: str | None = None


class ReplaceOrders(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of replaceOrders; `async_` as in `PlaceOrders`, but not for starting price bets."""

    market_id: str
    instructions: tuple[ReplaceInstruction, ...]
    customer_ref: str | None = None
    market_version: MarketVersion | None = None
    async_: bool | None = msgspec.field(default=None, name="async")


class UpdateOrders(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of updateOrders."""

    market_id: str
    instructions: tuple[UpdateInstruction, ...]
    customer_ref: str | None = None


OrderRequest: TypeAlias = PlaceOrders | CancelOrders | ReplaceOrders | UpdateOrders


def _no_reports() -> tuple[()]:
    """Return what a report without instructions has: unlike a plain default it is sent, as Betfair does."""
    return ()


class PlaceInstructionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What became of a `PlaceInstruction`."""

    status: str
    instruction: PlaceInstruction | None = None
    error_code: str | None = None
    order_status: str | None = None
    bet_id: str | None = None
    placed_date: str | None = None
    average_price_matched: float | None = None
    size_matched: float | None = None


class CancelInstructionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What became of a `CancelInstruction`."""

    status: str
    size_cancelled: float | None = None
    instruction: CancelInstruction | None = None
    error_code: str | None = None
    cancelled_date: str | None = None


class ReplaceInstructionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What became of a `ReplaceInstruction`: of its cancel, and of its place."""

    status: str
    error_code: str | None = None
    cancel_instruction_report: CancelInstructionReport | None = None
    place_instruction_report: PlaceInstructionReport | None = None


class UpdateInstructionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What became of an `UpdateInstruction`."""

    status: str
    instruction: UpdateInstruction | None = None
    error_code: str | None = None


class PlaceExecutionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The answer to placeOrders."""

    status: str
    market_id: str | None = None
    instruction_reports: tuple[PlaceInstructionReport, ...] = msgspec.field(default_factory=_no_reports)
    customer_ref: str | None = None
    error_code: str | None = None


class CancelExecutionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The answer to cancelOrders."""

    status: str
    instruction_reports: tuple[CancelInstructionReport, ...] = msgspec.field(default_factory=_no_reports)
    market_id: str | None = None
    customer_ref: str | None = None
    error_code: str | None = None


class ReplaceExecutionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The answer to replaceOrders."""

    status: str
    market_id: str | None = None
    instruction_reports: tuple[ReplaceInstructionReport, ...] = msgspec.field(default_factory=_no_reports)
    customer_ref: str | None = None
    error_code: str | None = None


class UpdateExecutionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The answer to updateOrders."""

    status: str
    market_id: str | None = None
    instruction_reports: tuple[UpdateInstructionReport, ...] = msgspec.field(default_factory=_no_reports)
    customer_ref: str | None = None
    error_code: str | None = None


ExecutionReport: TypeAlias = (
    PlaceExecutionReport | CancelExecutionReport | ReplaceExecutionReport | UpdateExecutionReport
)
