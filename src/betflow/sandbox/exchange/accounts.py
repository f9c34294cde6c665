"""The accounts of the simulated exchange: whose they are, their bets, their money."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from betflow.exchange.assumptions import Assumptions
from betflow.exchange.book import MarketBook
from betflow.exchange.matching.orders import OrderEvent, Rule
from betflow.exchange.matching.venue import Account, Executed, Venue, VenueEvent
from betflow.exchange.money import ZERO
from betflow.exchange.results import MarketResult
from betflow.sandbox.exchange.bets import EXPECTED, Bet, MarketBets, Settlement, runner_of
from betflow.sandbox.exchange.heartbeats import DeadMansSwitch
from betflow.sandbox.exchange.order_changes import OrderChanges
from betflow.sandbox.exchange.overlay import DISPLAYED, ON_CLOSE, TRADED, Difference
from betflow.sandbox.exchange.own_bets import AccountOrder, account_orders
from betflow.sandbox.exchange.profit_and_loss import profit_and_loss
from betflow.sandbox.exchange.settling import result_of, settled
from betflow.sandbox.exchange.statement import Ledger, SettledHere
from betflow.sandbox.listings import Listing
from betflow.wire.account import AccountDetailsResponse, AccountFundsResponse
from betflow.wire.betting import CancelOrders, ExecutionReport
from betflow.wire.enums import MarketStatus, Side
from betflow.wire.positions import ListMarketProfitAndLoss, MarketProfitAndLoss
from betflow.wire.stream import MarketDefinition, OrderMarketChange

_FIRST_BET = 300_000_000_001
_BETS_OF_ACCOUNT = 1_000_000_000
"""Bet ids have twelve digits and are one account's."""
_TAKES: Final = frozenset({Rule.BEST_PRICE, Rule.CROSSED})
"""How a bet is matched with what is displayed; the rest of what is matched the feed traded anyway."""
_ANY_STARTING_PRICE: Final = {Side.BACK: 1.01, Side.LAY: 1000.0}
"""Where a bet without a limit stands in the pool of the starting price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """
    An account as it is opened.

    Attributes:
        name: The user name.
        currency: Of all its amounts.
        deposit: What it begins with.
        discount_rate: Off the commission, in per cent, where a market allows it.
        best_execution: Whether a better price than asked for is taken.
        points: Betfair points; a number that is shown.
        exposure_limit: 0 or negative, as Betfair has it; a number that is shown, and not kept to.
    """

    name: str = "sandbox"
    currency: str = "GBP"
    deposit: Decimal = Decimal("10000.00")
    discount_rate: Decimal = ZERO
    best_execution: bool = True
    points: int = 0
    exposure_limit: Decimal = Decimal("-15000.00")


class SandboxAccount:
    """
    One account.

    Args:
        terms: How it is opened.
        number: Its place among the accounts, from 0.
        opened_at: When, epoch milliseconds.
        assumptions: What decides where Betfair's rules are not certain.

    Attributes:
        terms: How it was opened.
        venue: Where its orders are matched.
        markets: Its bets, by market, in the order of the first bet.
        bets: The same by bet id.
        ledger: Its money.
        switch: Cancels its bets when its customer is not heard from.
    """

    def __init__(self, terms: AccountTerms, number: int, opened_at: int, assumptions: Assumptions) -> None:
        self.terms = terms
        self.venue = Venue(
            account=Account(
                currency=terms.currency, best_execution=terms.best_execution, available=terms.deposit
            ),
            assumptions=assumptions,
            first_bet_id=_FIRST_BET + number * _BETS_OF_ACCOUNT,
        )
        self.markets: dict[str, MarketBets] = {}
        self.bets: dict[str, Bet] = {}
        self.ledger = Ledger(terms.deposit, opened_at)
        self.switch = DeadMansSwitch()
        self._assumptions = assumptions
        self._changes: dict[str, OrderChanges] = {}
        self._answers: dict[int, Callable[[ExecutionReport], None]] = {}

    @property
    def due(self) -> float:
        """When something of it acts by itself, epoch milliseconds; infinite while nothing waits."""
        return min(self.venue.due, self.switch.due)

    def act(self, due: int) -> list[OrderMarketChange]:
        """Let act what is due up to a moment; return what the order stream tells of it."""
        changes = self.hear(self.venue.advance(due))
        if self.switch.due <= due:
            self.venue.submit(CancelOrders(), due)
            changes += self.hear(self.venue.advance(due))
            self.switch.acted(
                is_everything_cancelled=not any(_can_be_cancelled(bet) for bet in self.bets.values())
            )
        return changes

    def expect(self, ticket: int, answered: Callable[[ExecutionReport], None]) -> None:
        """Say who is to be told the answer to a request."""
        self._answers[ticket] = answered

    def hear(self, events: Iterable[VenueEvent]) -> list[OrderMarketChange]:
        """
        Take note of what happened to orders.

        Returns:
            What the order stream tells of it, by market in the order in which it happened.
        """
        touched = self._note_all(events)
        changes = [self._change(market_id, bets.values()) for market_id, bets in touched.items()]
        return [change for change in changes if change is not None]

    def _note_all(self, events: Iterable[VenueEvent]) -> dict[str, dict[str, Bet]]:
        """Take note of events, pass answers on, and return which bets something happened to, by market."""
        touched: dict[str, dict[str, Bet]] = {}
        for event in events:
            if isinstance(event, Executed):
                answered = self._answers.pop(event.ticket, None)
                if answered is not None:
                    answered(event.report)
            elif event.bet_id:
                touched.setdefault(event.market_id, {})[event.bet_id] = self._note(event)
        return touched

    def _note(self, event: OrderEvent) -> Bet:
        bet = self.bets.get(event.bet_id)
        if bet is None:
            order = self.venue.orders[event.bet_id]
            definition = self.venue.definition(event.market_id) or MarketDefinition()
            bet = self.bets[event.bet_id] = Bet(order, definition.version or 0)
            self._market(event.market_id).bets[event.bet_id] = bet
        bet.note(event)
        if event.rule in _TAKES and event.price is not None:
            runner = runner_of(bet.order)
            self.markets[event.market_id].trade(runner, event.price, event.amounts[EXPECTED])
        return bet

    def _market(self, market_id: str) -> MarketBets:
        market = self.markets.get(market_id)
        if market is None:
            market = self.markets[market_id] = MarketBets(market_id)
            self._changes[market_id] = OrderChanges(market_id, self._assumptions)
        return market

    def _change(self, market_id: str, bets: Iterable[Bet]) -> OrderMarketChange | None:
        is_closed = self.markets[market_id].settlement is not None
        return self._changes[market_id].change(bets, self.result(market_id), is_closed=is_closed)

    def result(self, market_id: str) -> MarketResult:
        """Return a market's terms, and its result if it has one, as the account saw it."""
        definition = self.venue.definition(market_id) or MarketDefinition()
        return result_of(market_id, definition, self.venue.removed_at(market_id))

    def follow_definition(self, book: MarketBook, listing: Listing | None) -> OrderMarketChange | None:
        """
        Let the latest change of a book act, which has a new definition.

        A removal reduces prices of what is matched; a market that closes is settled; one that is opened
        again, or closed with another result, is settled anew.

        Args:
            book: The market's book.
            listing: What the market is called; None where nobody knows.

        Returns:
            What the order stream tells of it.
        """
        self._note_all(self.venue.apply(book))
        definition, market_id = book.definition or MarketDefinition(), book.market_id
        market = self.markets.get(market_id)
        if market is None:
            return None
        if definition.status == MarketStatus.CLOSED or market.settlement is not None:
            self._settle(market, definition, listing, book.publish_time)
        return self._change(market_id, market.bets.values())

    def _settle(
        self, market: MarketBets, definition: MarketDefinition, listing: Listing | None, now: int
    ) -> None:
        result = self.result(market.market_id)
        after = settled(market.matched(), result, self.terms.discount_rate, self._assumptions)
        here = SettledHere(definition=definition, listing=listing, bets=market.bets)
        before = market.settlement
        if before is None:
            self.ledger.settle(after, here, now)
        else:
            self.ledger.resettle(before.market, after, here, now)
        is_closed = result.is_closed
        at = before.at if before is not None and before.market == after else now
        market.settlement = Settlement(at=at, market=after, result=result) if is_closed else None
        self.venue.book_profit(market.market_id, after.net_profit if is_closed else None)

    # What the account shows.

    def differences(self, market_id: str) -> Iterator[Difference]:
        """Yield what its bets change of what is published of a market that is not settled."""
        market = self.markets.get(market_id)
        if market is None or market.settlement is not None:
            return
        for selection_id, handicap, side, price, rests, taken in self.venue.differences(market_id):
            if rests or taken:
                yield (selection_id, handicap), DISPLAYED[side], price, rests, taken
        for runner, prices in market.traded.items():
            for price, pennies in prices.items():
                yield runner, TRADED, price, pennies, 0
        for bet in market.bets.values():
            order = bet.order
            if bet.is_executable and (order.is_on_close or order.is_converted):
                limit = None if order.is_converted else order.price
                at = _ANY_STARTING_PRICE[order.side] if limit is None else limit
                yield runner_of(order), ON_CLOSE[order.side], at, order.liability[EXPECTED], 0

    def order_image(self) -> list[OrderMarketChange]:
        """Return what a new order subscription begins with."""
        return [image for changes in self._changes.values() if (image := changes.image())]

    def profit_and_loss(
        self, market_id: str, definition: MarketDefinition, request: ListMarketProfitAndLoss
    ) -> MarketProfitAndLoss:
        """Return what it gains in a market by result; see `has_profit_and_loss`."""
        market = self.markets.get(market_id) or MarketBets(market_id)
        terms = result_of(market_id, definition, self.venue.removed_at(market_id))
        return profit_and_loss(market, terms, request, self.terms.discount_rate, self._assumptions)

    def orders_in(self, market_id: str) -> list[AccountOrder]:
        """Return its orders in a market as market books show them."""
        market = self.markets.get(market_id)
        return list(account_orders(market, self.result(market_id), self._assumptions)) if market else []

    @property
    def exposure(self) -> Decimal:
        """The most that may be lost in markets that are not settled."""
        return self.venue.exposure

    @property
    def available(self) -> Decimal:
        """What may be bet: the balance less the exposure."""
        return self.ledger.balance - self.exposure

    def funds(self) -> AccountFundsResponse:
        """Return the account's funds; commission is booked with the profit, so none is retained."""
        return AccountFundsResponse(
            available_to_bet_balance=float(self.available),
            exposure=float(-self.exposure) or 0.0,
            retained_commission=0.0,
            exposure_limit=float(self.terms.exposure_limit),
            discount_rate=float(self.terms.discount_rate),
            points_balance=self.terms.points,
            wallet="UK",
        )

    def details(self) -> AccountDetailsResponse:
        """Return whose account it is."""
        return AccountDetailsResponse(
            currency_code=self.terms.currency,
            first_name="Sandy",
            last_name="Box",
            locale_code="en",
            region="GBR",
            timezone="GMT",
            discount_rate=float(self.terms.discount_rate),
            points_balance=self.terms.points,
            country_code="GB",
        )


def _can_be_cancelled(bet: Bet) -> bool:
    order = bet.order
    return bet.is_executable and not order.is_on_close and not order.is_converted
