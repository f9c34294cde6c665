"""
The way of instructions to the exchange, and of its answers back to whoever asked.

A strategy's orders are known by their refs before the exchange has given them bet ids; here is who asked for
what, and which bet it became.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from betflow.exchange.matching.orders import Case, EventKind, Order, OrderEvent, Rule
from betflow.exchange.matching.venue import Executed, Venue, VenueEvent
from betflow.trading.played import RISK, Placement
from betflow.trading.requests import Latency, changed_bets, not_changed, not_placed, strategy_ref
from betflow.trading.risk import RiskHook
from betflow.trading.strategy import Refusal
from betflow.trading.tables import News, Seat, Table, Ticket
from betflow.wire.betting import (
    CancelOrders,
    OrderRequest,
    PlaceExecutionReport,
    PlaceInstruction,
    PlaceOrders,
    ReplaceOrders,
    UpdateOrders,
)

_RULES: Final = {CancelOrders: Rule.CANCEL, ReplaceOrders: Rule.REPLACE, UpdateOrders: Rule.UPDATE}
"""What an instruction asked for that was refused; an order that is not placed is just refused."""


class Desk:
    """
    Takes requests of strategies, and sorts what the exchange says by whom it concerns.

    Args:
        venue: The exchange.
        latency: How long requests take.
        risk: What every instruction has to pass.
        expect: Is told at which table something will act, and when.
    """

    def __init__(
        self,
        venue: Venue,
        *,
        latency: Latency,
        risk: Sequence[RiskHook],
        expect: Callable[[Table, int], None],
    ) -> None:
        self._venue = venue
        self._latency = latency
        self._risk = risk
        self._expect = expect
        self._tickets: dict[int, Ticket] = {}
        self._bets: dict[str, tuple[Seat, Placement]] = {}
        self._awaited: dict[tuple[str, str], list[tuple[Seat, Placement]]] = {}

    def send(self, seat: Seat, request: OrderRequest | Refusal, now: int, *, at_least: int = 0) -> list[News]:
        """
        Send a request on its way, and return what was refused before it got there.

        A request of which risk refuses one instruction is not sent at all, as the exchange would do.

        Args:
            seat: Who asks.
            request: What for.
            now: When it was decided, epoch milliseconds.
            at_least: How long it takes at the least, in milliseconds.
        """
        if isinstance(request, Refusal):
            return _refuse_orders(seat, request, now)
        arrives_at = now + max(self._latency.of(request), at_least)
        placements, reason = self._enter(seat, request, now, arrives_at)
        if reason is not None:
            return _refuse_by_risk(seat, request, placements, reason, now)
        for each in placements:
            self._awaited.setdefault((each.market_id, each.ref), []).append((seat, each))
        self._expect(seat.table, arrives_at)
        ticket = Ticket(
            seat=seat,
            request=_with_refs(request, placements),
            placements=placements,
            changes=tuple(_changed(seat, request)),
            decided_at=now,
            arrives_at=arrives_at,
            evidence=seat.table.evidence,
        )
        seat.market.changing.update(ticket.changes)
        self._tickets[self._venue.submit(ticket.request, arrives_at)] = ticket
        return []

    def news(self, events: Iterable[VenueEvent]) -> list[News]:
        """Return whom each event concerns; by then, new orders are known to those who asked for them."""
        return [news for event in events for news in self._news(event)]

    def _enter(
        self, seat: Seat, request: OrderRequest, now: int, arrives_at: int
    ) -> tuple[tuple[Placement, ...], str | None]:
        """Enter the orders of a request into the market; say why risk refuses one of its instructions."""
        sent = seat.table.sent
        before = len(sent)
        reason: str | None = None
        for instruction in request.instructions or ():
            for hook in self._risk:
                reason = reason or hook.check(instruction, seat.market, sent)
            if isinstance(request, PlaceOrders) and isinstance(instruction, PlaceInstruction):
                sent.append(_enter(seat, request, instruction, now, arrives_at))
        entered = tuple(sent[before:])
        if reason is not None:
            del sent[before:]
        return entered, reason

    def _news(self, event: VenueEvent) -> list[News]:
        if isinstance(event, Executed):
            return self._answered(event)
        if not event.bet_id:
            return []  # what was refused without a bet id is told by the answer, instruction by instruction
        seat, placement = self._owner(event.bet_id)
        return [News(seat, placement, event)]

    def _owner(self, bet_id: str) -> tuple[Seat, Placement]:
        """Return whose a bet is; it may have got its bet id just now."""
        known = self._bets.get(bet_id)
        if known is not None:
            return known
        order = self._venue.orders[bet_id]
        if order.replaces:
            seat, placement = self._replacement(order)
        else:
            seat, placement = self._awaited[order.market_id, order.customer_order_ref].pop(0)
        placement.order = order
        seat.market.attach(order)
        self._bets[bet_id] = seat, placement
        return seat, placement

    def _replacement(self, order: Order) -> tuple[Seat, Placement]:
        seat, replaced = self._owner(order.replaces)
        ticket = next(each for each in self._tickets.values() if order.replaces in each.changes)
        placement = _replacing(replaced, order, ticket)
        seat.market.enter(placement)
        seat.table.played.placements.append(placement)
        seat.table.sent.append(placement)
        return seat, placement

    def _answered(self, event: Executed) -> list[News]:
        """Note the answer to a request, and return what was refused."""
        ticket = self._tickets.pop(event.ticket)
        ticket.seat.table.pending -= 1
        ticket.seat.market.changing.difference_update(ticket.changes)
        if isinstance(event.report, PlaceExecutionReport):
            answers = zip(ticket.placements, not_placed(event.report), strict=True)
            return [
                self._not_placed(ticket.seat, each, code or "", event.at)
                for each, code in answers
                if each.order is None
            ]
        rule = _RULES[type(ticket.request)]
        return [
            News(
                ticket.seat,
                self._bets[bet_id][1] if bet_id in self._bets else None,
                _refusal(ticket.seat, rule, code, event.at, bet_id=bet_id),
            )
            for bet_id, code in not_changed(ticket.request, event.report)
        ]

    def _not_placed(self, seat: Seat, placement: Placement, code: str, at: int) -> News:
        self._awaited[placement.market_id, placement.ref].remove((seat, placement))
        placement.error_code = code
        return News(seat, placement, _refusal(seat, Rule.REFUSED, code, at))


def _changed(seat: Seat, request: OrderRequest) -> list[str]:
    """Return the strategy's bets that a request changes: all that are open where it names none."""
    if request.instructions is None:
        return [order.bet_id for order in seat.market.open_orders]
    return changed_bets(request)


def _enter(
    seat: Seat, request: PlaceOrders, instruction: PlaceInstruction, decided_at: int, arrives_at: int
) -> Placement:
    """Enter an order among those of its market and its strategy."""
    played = seat.table.played
    placement = Placement(
        ref=instruction.customer_order_ref or f"{played.market_id}-{len(played.placements) + 1}",
        strategy=_strategy_name(seat, request),
        market_id=played.market_id,
        instruction=instruction,
        decided_at=decided_at,
        arrives_at=arrives_at,
        evidence=seat.table.evidence,
    )
    played.placements.append(placement)
    seat.market.enter(placement)
    return placement


def _strategy_name(seat: Seat, request: PlaceOrders) -> str:
    """Return whose orders they are: the request's word for it, where it has one of its own."""
    name, ref = seat.strategy.name, request.customer_strategy_ref
    return name if ref is None or ref == strategy_ref(name) else ref


def _replacing(replaced: Placement, order: Order, ticket: Ticket) -> Placement:
    """Return the placement of an order that replaces another."""
    first, _, number = replaced.ref.rpartition(".") if replaced.replaces else (replaced.ref, "", "1")
    instruction = replaced.instruction
    price, size = order.price or 0.0, order.size[Case.EXPECTED] / 100
    if instruction.limit_order is not None:
        limit = msgspec.structs.replace(
            instruction.limit_order, price=price, size=size, bet_target_type=None, bet_target_size=None
        )
        instruction = msgspec.structs.replace(instruction, limit_order=limit)
    if instruction.limit_on_close_order is not None:
        on_close = msgspec.structs.replace(instruction.limit_on_close_order, price=price)
        instruction = msgspec.structs.replace(instruction, limit_on_close_order=on_close)
    return Placement(
        ref=f"{first}.{int(number) + 1}",
        strategy=replaced.strategy,
        market_id=replaced.market_id,
        instruction=instruction,
        decided_at=ticket.decided_at,
        arrives_at=ticket.arrives_at,
        evidence=ticket.evidence,
        replaces=replaced.ref,
    )


def _with_refs(request: OrderRequest, placements: Iterable[Placement]) -> OrderRequest:
    """Return a request whose instructions to place have the refs of their orders."""
    if not isinstance(request, PlaceOrders):
        return request
    named = tuple(
        msgspec.structs.replace(each.instruction, customer_order_ref=each.ref) for each in placements
    )
    return msgspec.structs.replace(request, instructions=named)


def _refuse_orders(seat: Seat, refusal: Refusal, now: int) -> list[News]:
    """Enter orders that a strategy does not send after all."""
    decided_at = now if refusal.decided_at is None else refusal.decided_at
    request = refusal.request
    entered = [_enter(seat, request, each, decided_at, decided_at) for each in request.instructions]
    at = max(seat.market.now, decided_at)
    return [_refuse(seat, each, refusal.error_code, refusal.reason, at) for each in entered]


def _refuse_by_risk(
    seat: Seat, request: OrderRequest, placements: Iterable[Placement], reason: str, now: int
) -> list[News]:
    if isinstance(request, PlaceOrders):
        return [_refuse(seat, each, RISK, reason, now) for each in placements]
    orders = {order.bet_id: each for each in seat.market.placements if (order := each.order) is not None}
    rule = _RULES[type(request)]
    return [
        News(seat, orders.get(bet_id), _refusal(seat, rule, RISK, now, bet_id=bet_id, reason=reason))
        for bet_id in changed_bets(request)
    ]


def _refuse(seat: Seat, placement: Placement, code: str, reason: str, now: int) -> News:
    placement.error_code, placement.reason = code, reason
    return News(seat, placement, _refusal(seat, Rule.REFUSED, code, now, reason=reason))


def _refusal(seat: Seat, rule: Rule, code: str, at: int, *, bet_id: str = "", reason: str = "") -> OrderEvent:
    return OrderEvent(
        kind=EventKind.REFUSED,
        rule=rule,
        bet_id=bet_id,
        market_id=seat.table.book.market_id,
        at=at,
        publish_time=seat.table.book.publish_time,
        facts=(("reason", reason),) if reason else (),
        error_code=code,
    )
