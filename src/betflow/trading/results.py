"""
What orders came to: one row for each, in Betfair's words, in the three cases.

Everything is settled three times by `betflow.exchange.settlement`, once for each `Case`: what was matched
differs, and with it profit and commission. Where a market has no result, nothing is settled, and never lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain
from typing import Final

import msgspec

from betflow.exchange.assumptions import BETFLOW_1, Assumptions
from betflow.exchange.bets import MatchedBet, RunnerKey
from betflow.exchange.exposure import exposure
from betflow.exchange.matching.bets import matched_bets, pounds
from betflow.exchange.matching.orders import Case, Doubt, Order
from betflow.exchange.money import ZERO, exact
from betflow.exchange.outcomes import Rule as SettlementRule
from betflow.exchange.results import REMOVED, MarketResult, market_result
from betflow.exchange.settlement import Outcome, SettledBet, SettledMarket, settle_market
from betflow.trading.played import Placement, PlayedMarket
from betflow.wire.betting import PlaceInstruction
from betflow.wire.enums import ExecutionReportErrorCode, OrderStatus, OrderType, Side
from betflow.wire.stream import MarketDefinition

FAILURE: Final = "FAILURE"
"""The status of an order that has none, because it got no bet id; `error_code` says why."""

TOO_LATE: Final = ExecutionReportErrorCode.MARKET_NOT_OPEN_FOR_BETTING
"""The error code of an order that would arrive after the close with which a recording ends."""

_VOID_RULES: Final = frozenset(
    {SettlementRule.REMOVED, SettlementRule.REMOVED_AFTERWARDS, SettlementRule.MARKET_VOID}
)


class CaseRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    What became of an order in one case. Amounts are backers' stakes in the account's currency.

    ``size == size_matched + size_remaining + size_cancelled + size_lapsed + size_voided``, but for an order
    that was refused or is on its way: then all of them but `size` are 0.

    Attributes:
        size: What was asked for. Of an order at the starting price its liability, until it is matched; then
            the stake that it came to.
        price: At which it stands or stood last, after reductions; None for MARKET_ON_CLOSE.
        size_matched: What is matched and not void.
        average_price_matched: Of it, after reductions, to eight decimals; 0 where there is none.
        size_remaining: What may still be matched.
        size_cancelled: What an instruction cancelled, or fill or kill.
        size_lapsed: What the market ended.
        size_voided: What was matched and is void: its runner was removed, or the market is void.
        status: Betfair's, PENDING while it is on its way, FAILURE if it was refused without a bet id.
        error_code: Why it was refused or ended on arrival.
        settled: Whether the market has a result that decides it.
        profit: What it paid, before commission; None while it is not settled.
    """

    size: Decimal
    price: Decimal | None
    size_matched: Decimal
    average_price_matched: Decimal
    size_remaining: Decimal
    size_cancelled: Decimal
    size_lapsed: Decimal
    size_voided: Decimal
    status: str
    error_code: str | None
    settled: bool
    profit: Decimal | None


_CASE_FIELDS: Final = CaseRow.__struct_fields__


class OrderRow(CaseRow, frozen=True, kw_only=True, gc=False):
    """
    What became of an order: in the expected case, and in the other two.

    Attributes:
        ref: Names it.
        worst: In the worst case.
        best: In the best case.
        market_id: Its market.
        selection_id: Its selection.
        handicap: Its handicap; 0 outside handicap markets.
        side: BACK or LAY.
        order_type: LIMIT, LIMIT_ON_CLOSE or MARKET_ON_CLOSE.
        strategy: Whose it is.
        bet_id: What the exchange called it; empty where it never got that far.
        decided_at: When it was decided, epoch milliseconds.
        liability: Of an order at the starting price; None for others.
        replaces: The ref of the order that it replaces; empty for others.
        reason: Why it was not sent, in words; empty where it was.
        rules: Why it was matched and how it was settled, each once, in order.
        doubts: Why the recording may not show all that mattered, each once.
        assumptions: Name and version of the set that decided, as ``betflow-1/2``.
        assumed: Which of its choices mattered for the settlement, in any case.
    """

    ref: str
    worst: CaseRow
    best: CaseRow
    market_id: str
    selection_id: int
    handicap: Decimal
    side: Side
    order_type: OrderType
    strategy: str
    bet_id: str
    decided_at: int
    liability: Decimal | None
    replaces: str
    reason: str
    rules: tuple[str, ...]
    doubts: tuple[str, ...]
    assumptions: str
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketResults:
    """
    What a market came to.

    Attributes:
        market_id: The market.
        definition: Its last definition; None where the tape has none.
        rows: A row for each order that was asked for, in that order.
        settled: The settlement by case.
        risked: What each matched bet could have lost, by case and bet id; 0 where it is void.
    """

    market_id: str
    definition: MarketDefinition | None
    rows: tuple[OrderRow, ...]
    settled: Mapping[Case, SettledMarket]
    risked: Mapping[Case, Mapping[str, Decimal]]


def market_results(
    played: PlayedMarket,
    *,
    result: MarketResult | None = None,
    discount_rate: Decimal = ZERO,
    assumptions: Assumptions = BETFLOW_1,
) -> MarketResults:
    """
    Settle what was played in a market, and return a row for each order.

    Args:
        played: What `Engine.run` left.
        result: The market's result, where somebody knows more than its last definition says: the result of a
            line, the margins of a handicap, who shares a dead heat, that all is void.
        discount_rate: The account's discount in per cent; counts where the market allows it.
        assumptions: What decides where the rules do not; the same as it was played with.

    Raises:
        UsageError: if the result contradicts itself or the discount is not between 0 and 100 %.
    """
    terms = result or market_result(
        played.market_id, played.definition or MarketDefinition(), removed_at=played.removed_at
    )
    back_again = {
        runner: moment
        for runner, moment in played.removed_at.items()
        if terms.statuses.get(runner) not in REMOVED
    }
    matched = {case: [_bets(each, case, back_again) for each in played.placements] for case in Case}
    settled: dict[Case, SettledMarket] = {}
    risked: dict[Case, dict[str, Decimal]] = {}
    for case in Case:
        alike = next((other for other in settled if matched[other] == matched[case]), None)
        if alike is not None:  # most often the cases do not differ
            settled[case], risked[case] = settled[alike], risked[alike]
            continue
        settled[case] = settle_market(
            chain.from_iterable(matched[case]), terms, discount_rate=discount_rate, assumptions=assumptions
        )
        risked[case] = {
            bets[0].bet_id: exposure(bets, terms, assumptions=assumptions) for bets in matched[case] if bets
        }
    found = {case: {bet.bet_id: bet for bet in market.bets} for case, market in settled.items()}
    is_decided = terms.is_closed or terms.is_void
    unseen = (Doubt.NO_OFFERS.value,) if not played.has_offers else ()
    rows = [
        _row(each, found, is_decided=is_decided, assumptions=assumptions, doubts_of_resting=unseen)
        for each in played.placements
    ]
    return MarketResults(
        market_id=played.market_id,
        definition=played.definition,
        rows=tuple(rows),
        settled=settled,
        risked=risked,
    )


def order_rows(
    played: PlayedMarket,
    *,
    result: MarketResult | None = None,
    discount_rate: Decimal = ZERO,
    assumptions: Assumptions = BETFLOW_1,
) -> tuple[OrderRow, ...]:
    """Return the rows of `market_results` alone."""
    return market_results(played, result=result, discount_rate=discount_rate, assumptions=assumptions).rows


def row_of_unplayed(placement: Placement, *, assumptions: Assumptions = BETFLOW_1) -> OrderRow:
    """Return the row of an order whose market nobody could play, as `ScriptedOrders.unplayed` gives it."""
    return _row(placement, {case: {} for case in Case}, is_decided=False, assumptions=assumptions)


def _bets(placement: Placement, case: Case, back_again: Mapping[RunnerKey, int]) -> list[MatchedBet]:
    """
    Return what was matched of an order, under the full name of its strategy.

    What a removal voided stays void, though the runner was taken back into the market later.
    """
    if placement.order is None:
        return []
    voided_before = back_again.get(placement.order.runner, 0)
    return [
        replace(bet, strategy=placement.strategy)
        for bet in matched_bets(placement.order, case)
        if bet.matched_at >= voided_before
    ]


def _row(
    placement: Placement,
    bets: Mapping[Case, Mapping[str, SettledBet]],
    *,
    is_decided: bool,
    assumptions: Assumptions,
    doubts_of_resting: tuple[str, ...] = (),
) -> OrderRow:
    order, instruction = placement.order, placement.instruction
    bet_id = order.bet_id if order is not None else ""
    settled = {case: bets[case].get(bet_id) for case in Case}
    if order is None:  # it is the same in all cases
        cases = dict.fromkeys(Case, _case_row(placement, Case.EXPECTED, None, is_decided=is_decided))
    else:
        cases = {case: _case_row(placement, case, settled[case], is_decided=is_decided) for case in Case}
    known = [each for each in settled.values() if each is not None]
    on_close = instruction.limit_on_close_order or instruction.market_on_close_order
    return OrderRow(
        **{name: getattr(cases[Case.EXPECTED], name) for name in _CASE_FIELDS},
        ref=placement.ref,
        worst=cases[Case.WORST],
        best=cases[Case.BEST],
        market_id=placement.market_id,
        selection_id=instruction.selection_id,
        handicap=exact(instruction.handicap or 0),
        side=instruction.side,
        order_type=instruction.order_type,
        strategy=placement.strategy,
        bet_id=bet_id,
        decided_at=placement.decided_at,
        liability=None if on_close is None else exact(on_close.liability),
        replaces=placement.replaces,
        reason=placement.reason,
        rules=_rules(order, settled[Case.EXPECTED]),
        doubts=_doubts(order, doubts_of_resting),
        assumptions=f"{assumptions.name}/{assumptions.version}",
        assumed=tuple(dict.fromkeys(name for each in known for name in each.assumed)),
    )


def _case_row(placement: Placement, case: Case, bet: SettledBet | None, *, is_decided: bool) -> CaseRow:
    """Return what became of an order in a case; *bet* is its settlement, None where nothing was matched."""
    order = placement.order
    if bet is None:
        settled, profit = is_decided, ZERO if is_decided else None
    else:
        settled, profit = bet.profit is not None, bet.profit
    if order is None:
        size, price = _asked_for(placement.instruction)
        too_late = (
            placement.is_on_its_way and is_decided
        )  # it arrives after the last message, a closed market's
        return CaseRow(
            size=size,
            price=price,
            size_matched=ZERO,
            average_price_matched=Decimal(0),
            size_remaining=ZERO,
            size_cancelled=ZERO,
            size_lapsed=ZERO,
            size_voided=ZERO,
            status=OrderStatus.PENDING if placement.is_on_its_way and not too_late else FAILURE,
            error_code=TOO_LATE if too_late else placement.error_code,
            settled=settled,
            profit=profit,
        )
    matched, voided = _matched_and_voided(order, case, bet)
    waits = order.is_on_close and order.status is OrderStatus.EXECUTABLE
    return CaseRow(
        size=pounds(order.liability[case] if waits else order.size[case]),
        price=None if order.price is None else exact(order.price),
        size_matched=pounds(matched),
        average_price_matched=bet.price if bet is not None and matched else Decimal(0),
        size_remaining=pounds(order.liability[case] if waits else order.remaining[case]),
        size_cancelled=pounds(order.cancelled[case]),
        size_lapsed=pounds(order.lapsed[case]),
        size_voided=pounds(voided),
        status=_status(order, case),
        error_code=order.error_code,
        settled=settled,
        profit=profit,
    )


def _matched_and_voided(order: Order, case: Case, bet: SettledBet | None) -> tuple[int, int]:
    """Return what is matched and what is void, in pennies; a result may void what was matched."""
    matched, voided = order.matched[case], order.voided[case]
    if bet is not None and bet.outcome is Outcome.VOIDED and _VOID_RULES.intersection(bet.rules):
        return 0, voided + matched
    return matched, voided


def _status(order: Order, case: Case) -> OrderStatus:
    """Return the status in a case; the order itself has that of the expected one."""
    if order.status not in {OrderStatus.EXECUTABLE, OrderStatus.EXECUTION_COMPLETE} or order.is_on_close:
        return order.status
    return OrderStatus.EXECUTABLE if order.remaining[case] else OrderStatus.EXECUTION_COMPLETE


def _asked_for(instruction: PlaceInstruction) -> tuple[Decimal, Decimal | None]:
    """Return the size and price that an instruction names; the size is 0 where it aims at something else."""
    if instruction.limit_order is not None:
        limit = instruction.limit_order
        return exact(limit.size or 0), exact(limit.price)
    if instruction.limit_on_close_order is not None:
        return exact(instruction.limit_on_close_order.liability), exact(
            instruction.limit_on_close_order.price
        )
    if instruction.market_on_close_order is not None:
        return exact(instruction.market_on_close_order.liability), None
    return ZERO, None


def _doubts(order: Order | None, of_resting: tuple[str, ...]) -> tuple[str, ...]:
    if order is None:
        return ()
    of_fills = [doubt.value for each in order.fills for doubt in each.doubts]
    return tuple(dict.fromkeys((*of_fills, *(() if order.is_on_close else of_resting))))


def _rules(order: Order | None, bet: SettledBet | None) -> tuple[str, ...]:
    matching = [fill.rule.value for fill in order.fills] if order is not None else []
    settlement = [rule.value for rule in bet.rules] if bet is not None else []
    return tuple(dict.fromkeys([*matching, *settlement]))
