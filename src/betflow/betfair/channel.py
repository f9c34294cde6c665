"""
The way of calls to Betfair: with a session, at the rate that Betfair allows, repeated where that is safe.

A channel carries only operations of the effects that it was made for: one that reads cannot bet, whoever gets
hold of it.

Source: "Market Data Request Limits", "Best Practice", "listMarketBook", support article "TOO_MANY_REQUESTS".
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from betflow.betfair.breaker import Breaker
from betflow.betfair.calls import Call, Exchange, answers, http_request, menu, menu_request
from betflow.betfair.endpoints import Endpoints, Jurisdiction
from betflow.betfair.limits import SlidingWindow, WindowByKey
from betflow.betfair.retries import Pace, Retries
from betflow.betfair.session import Session
from betflow.betfair.token_cache import SessionToken
from betflow.betfair.transport import HttpRequest, NoReply, Reply, Transport
from betflow.betfair.troubles import SESSION_CODES, host_of, no_answer, unknown_outcome
from betflow.errors import AuthenticationError, GatewayError, Sent, UnreachableError, UsageError
from betflow.wire.book import ListMarketBook, ListRunnerBook
from betflow.wire.navigation import NavigationNode
from betflow.wire.operations import CANCEL_ORDERS, Effect, Operation
from betflow.wire.positions import ListClearedOrders, ListCurrentOrders, ListMarketProfitAndLoss

BOOKS_PER_MARKET_AND_SECOND = 5
CONCURRENT_ORDER_QUERIES = 3
INSTRUCTIONS_PER_SECOND = 1000

Answer = TypeVar("Answer")
Trouble = Callable[[GatewayError, float], None]
"""Told of each attempt that failed and is made again, and after how many seconds."""
Keep = Callable[[str, bytes, bytes], None]
"""Takes what was called, and the bodies of request and reply; what it raises ends the call."""


@dataclass(frozen=True, slots=True)
class Policy:
    """
    How calls are made.

    Attributes:
        rate_limit: How many a second.
        retries: How often one that only reads is made again.
        breaker_threshold: After so many on end without an answer none is made for a while.
        breaker_open_s: For how long.
    """

    rate_limit: int = 50
    retries: Retries = field(default_factory=Retries)
    breaker_threshold: int = 10
    breaker_open_s: float = 30.0


class Allowance:
    """
    What may be called and when, counted for all gateways that share it; whoever counts holds the lock.

    Args:
        policy: How calls are made.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.lock = threading.Lock()
        self.rate = SlidingWindow(self.policy.rate_limit)
        self.books = WindowByKey(BOOKS_PER_MARKET_AND_SECOND)
        self.instructions = SlidingWindow(INSTRUCTIONS_PER_SECOND)
        self.breaker = Breaker(self.policy.breaker_threshold, self.policy.breaker_open_s)
        self.slots = {
            name: threading.BoundedSemaphore(CONCURRENT_ORDER_QUERIES) for name in ("current", "cleared")
        }


@dataclass(frozen=True, slots=True)
class Connection:
    """
    What gateways to one account are made with.

    Attributes:
        session: Who we are.
        transport: The connections; without the client certificate, which only a login needs.
        endpoints: Where the services are.
        pace: The time, for waiting.
        allowance: How calls are made, and how many are left; all gateways of the connection share it.
        jurisdiction: Whose rules the account is under.
        on_trouble: Told of attempts that failed.
        keep: Gets each reply as it was received, before it is read; but for one that repeats
            the app key or the session.
    """

    session: Session
    transport: Transport
    endpoints: Endpoints
    pace: Pace
    allowance: Allowance = field(default_factory=Allowance)
    jurisdiction: Jurisdiction = Jurisdiction.INTERNATIONAL
    on_trouble: Trouble = lambda _error, _pause_s: None
    keep: Keep | None = None


class Channel:
    """
    Carries calls; may be used by several threads.

    Args:
        connection: To whom.
        effects: What the operations may change; others are refused.
    """

    def __init__(self, connection: Connection, effects: frozenset[Effect]) -> None:
        self._connection = connection
        self._effects = effects
        self._numbers = itertools.count(1)
        self._allowance = connection.allowance

    def call(
        self,
        operation: Operation[Any, Answer],
        parameters: msgspec.Struct,
        ids: Mapping[str, str] | None = None,
    ) -> Answer:
        """
        Call an operation.

        Args:
            operation: Which.
            parameters: With what.
            ids: What it is about, for errors.

        Raises:
            AuthenticationError: Betfair does not let us in.
            UnreachableError: there was no answer, or the breaker is open.
            RefusedError: Betfair answered no.
            DamagedAnswerError: the answer cannot be understood.
            UnknownOutcomeError: the operation changes something, and may have done so.
            UsageError: the channel is not for such operations.
        """
        (result,) = self._called([Call(operation, parameters, ids or {})], is_batch=False)
        if isinstance(result, GatewayError):
            raise result
        answer: Answer = result  # type: ignore[assignment]  # what the operation's decoder made
        return answer

    def batch(self, calls: Sequence[Call[Any]]) -> tuple[object, ...]:
        """
        Make calls of one service in one request.

        Returns:
            Their answers in the same order; in place of an answer, the error that a call ended with.

        Raises:
            AuthenticationError: Betfair does not let us in.
            UsageError: calls of several services, or one that is not only read.
        """
        if len({each.operation.api for each in calls}) > 1:
            raise UsageError("The calls of a batch are of several services.", advice="Make a batch for each.")
        if any(each.operation.effect is not Effect.NOTHING for each in calls):
            raise UsageError("A batch holds a call that changes something.", advice="Call it by itself.")
        return tuple(self._called(calls, is_batch=True)) if calls else ()

    def navigation_menu(self) -> NavigationNode:
        """
        Return the navigation menu.

        Raises:
            GatewayError: as `call` does.
        """
        url = self._connection.endpoints.navigation
        (result,) = self._repeated([None], lambda _: [self._menu(url)])
        if isinstance(result, GatewayError):
            raise result
        assert isinstance(result, NavigationNode)  # noqa: S101 - for the type: it is the one or the other
        return result

    def _called(self, calls: Sequence[Call[Any]], *, is_batch: bool) -> list[object]:
        for each in calls:
            if each.operation.effect not in self._effects:
                raise UsageError(
                    f"{each.operation.name} changes {each.operation.effect}, and this gateway does not.",
                    advice="The gateway that bets is another object, made for a permission to do so.",
                )

        def attempt(pending: Sequence[Call[Any]]) -> list[object]:
            return self._attempted(pending, is_batch=is_batch)

        results = self._repeated(calls, attempt)
        return [
            unknown_outcome(result)
            if isinstance(result, GatewayError) and each.operation.effect is not Effect.NOTHING
            else result
            for each, result in zip(calls, results, strict=True)
        ]

    def _repeated(
        self, calls: Sequence[Any], attempt: Callable[[Sequence[Any]], list[object]]
    ) -> list[object]:
        """Make calls, and those again whose trouble may pass, where they change nothing."""
        results: dict[int, object] = {}
        pending = list(range(len(calls)))
        for failures in itertools.count(1):
            results |= dict(zip(pending, attempt([calls[each] for each in pending]), strict=True))
            pending = [each for each in pending if _may_be_repeated(calls[each], results[each])]
            pause_s = self._allowance.policy.retries.pause_s(failures)
            if not pending or pause_s is None:
                break
            trouble = results[pending[0]]
            if isinstance(trouble, GatewayError):
                self._connection.on_trouble(trouble, pause_s)
            self._connection.pace.sleep(pause_s)
        return [results[each] for each in range(len(calls))]

    def _attempted(self, calls: Sequence[Call[Any]], *, is_batch: bool) -> list[object]:
        """Make calls once; those that a session was refused for once more, with another."""
        token = self._connection.session.token()
        results = self._sent(calls, token, is_batch=is_batch)
        refused = [number for number, each in enumerate(results) if _is_session_refusal(each)]
        if refused:
            token = self._connection.session.renewed(token)
            again = self._sent([calls[each] for each in refused], token, is_batch=is_batch)
            for number, result in zip(refused, again, strict=True):
                results[number] = result
        return results

    def _sent(self, calls: Sequence[Call[Any]], token: SessionToken, *, is_batch: bool) -> list[object]:
        url = self._connection.endpoints.of(calls[0].operation.api)
        exchange = Exchange(url, {next(self._numbers): each for each in calls}, is_batch)
        # To cancel is never held back: it can only make less of what is at risk.
        is_urgent = all(each.operation is CANCEL_ORDERS for each in calls)
        session = self._connection.session
        with self._slots_for(calls):
            held_back = None if is_urgent else self._held_back(exchange)
            if held_back is not None:
                return [held_back] * len(calls)
            with self._told_to_breaker() as outcome:
                if not is_urgent:
                    self._wait(calls)
                request = http_request(exchange, session.app_key, token.token)
                reply = self._connection.transport.exchange(request)
                self._hand_on(exchange.name, request, reply, token)
                outcome.results = (
                    [no_answer(each.operation.name, url, reply, each.ids, self._timeouts) for each in calls]
                    if isinstance(reply, NoReply)
                    else list(answers(exchange, reply, session.secrets()).values())
                )
        return outcome.results

    def _hand_on(self, name: str, request: HttpRequest, reply: Reply | NoReply, token: SessionToken) -> None:
        """Hand on a reply to who keeps them; what they hold is written down, and secrets never are."""
        keep = self._connection.keep
        if keep is None or isinstance(reply, NoReply):
            return
        sent = (self._connection.session.app_key, token.token)
        if not any(secret.reveal().encode() in reply.body for secret in sent):
            keep(name, request.body, reply.body)

    def _menu(self, url: str) -> object:
        session = self._connection.session
        token = session.token()
        result = self._menu_once(url, token)
        return self._menu_once(url, session.renewed(token)) if _is_session_refusal(result) else result

    def _menu_once(self, url: str, token: SessionToken) -> object:
        held_back = self._held_back(Exchange(url, {}))
        if held_back is not None:
            return held_back
        session = self._connection.session
        with self._told_to_breaker() as outcome:
            self._wait([])
            reply = self._connection.transport.exchange(menu_request(url, session.app_key, token.token))
            outcome.results = [
                no_answer("navigation", url, reply, {}, self._timeouts)
                if isinstance(reply, NoReply)
                else menu(url, reply, session.secrets())
            ]
        return outcome.results[0]

    @property
    def _timeouts(self) -> tuple[float, float]:
        return self._connection.transport.timeouts

    def _held_back(self, exchange: Exchange) -> UnreachableError | None:
        """Return why no call is made just now, if the breaker is open."""
        with self._allowance.lock:
            left_s = self._allowance.breaker.admit(self._connection.pace.now_s())
            failures = self._allowance.breaker.failures
        if not left_s:
            return None
        return UnreachableError(
            f"{failures} calls on end had no answer of {host_of(exchange.url)}; none is made for another "
            f"{left_s:.0f} s.",
            operation=exchange.name or "navigation",
            sent=Sent.NOT_SENT,
            advice="Find out why it does not answer; then it goes on by itself.",
        )

    @contextmanager
    def _told_to_breaker(self) -> Iterator["_Outcome"]:
        """Tell the breaker what became of a call, even of one that was interrupted."""
        outcome = _Outcome()
        try:
            yield outcome
        except BaseException:
            with self._allowance.lock:
                self._allowance.breaker.abandoned()
            raise
        with self._allowance.lock:
            if any(not isinstance(each, UnreachableError) for each in outcome.results):
                self._allowance.breaker.succeeded()
            else:
                self._allowance.breaker.failed(self._connection.pace.now_s())

    def _wait(self, calls: Sequence[Call[Any]]) -> None:
        """Wait until Betfair allows the calls."""
        with self._allowance.lock:
            now_s = self._connection.pace.now_s()
            waits = [self._allowance.rate.reserve(now_s) for _ in range(max(1, len(calls)))]
            waits += [
                self._allowance.books.reserve(each, now_s) for call in calls for each in _markets_read(call)
            ]
            waits += [
                self._allowance.instructions.reserve(now_s) for call in calls for _ in _instructions(call)
            ]
        if max(waits) > 0:
            self._connection.pace.sleep(max(waits))

    @contextmanager
    def _slots_for(self, calls: Sequence[Call[Any]]) -> Iterator[None]:
        """Take part in the few queries of orders that Betfair answers at the same time."""
        with ExitStack() as stack:
            for name in sorted({slot for each in calls if (slot := _slot(each))}):
                stack.enter_context(self._allowance.slots[name])
            yield


@dataclass(slots=True)
class _Outcome:
    results: list[object] = field(default_factory=list)


def _may_be_repeated(call: Call[Any] | None, result: object) -> bool:
    changes_nothing = call is None or call.operation.effect is Effect.NOTHING
    return changes_nothing and isinstance(result, GatewayError) and result.passing


def _is_session_refusal(result: object) -> bool:
    return isinstance(result, AuthenticationError) and result.code in SESSION_CODES


def _markets_read(call: Call[Any]) -> tuple[str, ...]:
    match call.parameters:
        case ListMarketBook(market_ids=markets):
            return markets
        case ListRunnerBook(market_id=market):
            return (market,)
    return ()


def _instructions(call: Call[Any]) -> Sequence[object]:
    return getattr(call.parameters, "instructions", None) or ()


def _slot(call: Call[Any]) -> str:
    """Return which queries of orders a call is among, if it is one."""
    match call.parameters:
        case ListCurrentOrders() | ListMarketProfitAndLoss():
            return "current"
        case ListMarketBook() | ListRunnerBook() as book if book.order_projection or book.match_projection:
            return "current"
        case ListClearedOrders():
            return "cleared"
    return ""
