"""
The way of calls to Betfair: with a session, at the rate that Betfair allows, repeated where that is safe.

A channel carries only operations of the effects that it was made for: one that reads cannot bet, whoever gets
hold of it.

Source: "Best Practice", "Heartbeat API", support article "TOO_MANY_REQUESTS".
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from betflow.betfair.allowance import Allowance
from betflow.betfair.calls import Call, Exchange, answers, http_request, menu, menu_request
from betflow.betfair.endpoints import Endpoints, Jurisdiction
from betflow.betfair.retries import Pace
from betflow.betfair.session import Session
from betflow.betfair.token_cache import SessionToken
from betflow.betfair.transport import HttpRequest, NoReply, Reply, Transport
from betflow.betfair.troubles import SESSION_CODES, host_of, no_answer, odd_answer, unknown_outcome
from betflow.errors import AuthenticationError, Finding, GatewayError, Sent, UnreachableError, UsageError
from betflow.wire.leniency import Decoded
from betflow.wire.navigation import NavigationNode
from betflow.wire.operations import CANCEL_ORDERS, HEARTBEAT, Effect, Operation

URGENT = frozenset({CANCEL_ORDERS.method, HEARTBEAT.method})
"""Never held back: the one makes less of what is at risk, without the other Betfair cancels everything."""
_MENU = "navigation"

Answer = TypeVar("Answer")
Trouble = Callable[[GatewayError, float], None]
"""Told of each attempt that failed and is made again, and after how many seconds."""
Keep = Callable[[str, bytes, bytes], None]
"""Takes what was called, and the bodies of request and reply; what it raises ends the call."""


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
        findings: What was odd about answers, added as they come.
    """

    session: Session
    transport: Transport
    endpoints: Endpoints
    pace: Pace
    allowance: Allowance = field(default_factory=Allowance)
    jurisdiction: Jurisdiction = Jurisdiction.INTERNATIONAL
    on_trouble: Trouble = lambda _error, _pause_s: None
    keep: Keep | None = None
    findings: list[Finding] = field(default_factory=list)


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
        *,
        is_urgent: bool = False,
        within_s: float | None = None,
    ) -> Answer:
        """Call an operation and return its answer; see `decoded`."""
        return self.decoded(operation, parameters, ids, is_urgent=is_urgent, within_s=within_s).answer

    def decoded(
        self,
        operation: Operation[Any, Answer],
        parameters: msgspec.Struct,
        ids: Mapping[str, str] | None = None,
        *,
        is_urgent: bool = False,
        within_s: float | None = None,
    ) -> Decoded[Answer]:
        """
        Call an operation, and return what could be understood of its answer.

        Args:
            operation: Which.
            parameters: With what.
            ids: What it is about, for errors.
            is_urgent: Go past the breaker and all waits, as what cancels and heartbeats always do.
            within_s: How long it may take; then nothing is sent any more, not even again after a login, and
                nothing waited for. None: as the policy has it.

        Raises:
            AuthenticationError: Betfair does not let us in.
            UnreachableError: there was no answer in time, or the breaker is open.
            RefusedError: Betfair answered no.
            DamagedAnswerError: the answer cannot be understood.
            UnknownOutcomeError: the operation changes something, and may have done so.
            UsageError: the channel is not for such operations.
        """
        terms = self._terms(is_urgent=is_urgent or operation.method in URGENT, within_s=within_s)
        (result,) = self._called([Call(operation, parameters, ids or {})], terms)
        if isinstance(result, GatewayError):
            raise result
        decoded: Decoded[Answer] = result  # type: ignore[assignment]  # what the operation made of the answer
        return decoded

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
        if not calls:
            return ()
        results = self._called(calls, self._terms(is_batch=True, within_s=None))
        return tuple(each.answer if isinstance(each, Decoded) else each for each in results)

    def navigation_menu(self) -> NavigationNode:
        """
        Return the navigation menu.

        Raises:
            GatewayError: as `call` does.
        """
        url = self._connection.endpoints.navigation
        terms = self._terms(within_s=None)
        (result,) = self._repeated([None], lambda _: [self._menu(url, terms)], terms)
        if isinstance(result, GatewayError):
            raise result
        assert isinstance(result, NavigationNode)  # noqa: S101 - for the type: it is the one or the other
        return result

    def _called(self, calls: Sequence[Call[Any]], terms: "_Terms") -> list[object]:
        for each in calls:
            if each.operation.effect not in self._effects:
                raise UsageError(
                    f"{each.operation.name} changes {each.operation.effect}, and this gateway does not.",
                    advice="The gateway that bets is another object, made for a permission to do so.",
                )

        def attempt(pending: Sequence[Call[Any]]) -> list[object]:
            return self._attempted(pending, terms)

        results = self._repeated(calls, attempt, terms)
        secrets = self._connection.session.secrets()
        for call, result in zip(calls, results, strict=True):
            if isinstance(result, Decoded):
                self._connection.findings.extend(odd_answer(call.operation.name, result.oddities, secrets))
        return [
            unknown_outcome(result)
            if isinstance(result, GatewayError) and each.operation.effect is not Effect.NOTHING
            else result
            for each, result in zip(calls, results, strict=True)
        ]

    def _repeated(
        self, calls: Sequence[Any], attempt: Callable[[Sequence[Any]], list[object]], terms: "_Terms"
    ) -> list[object]:
        """Make calls, and those again whose trouble may pass, where they change nothing and are in time."""
        results: dict[int, object] = {}
        pending = list(range(len(calls)))
        for failures in itertools.count(1):
            results |= dict(zip(pending, attempt([calls[each] for each in pending]), strict=True))
            pending = [each for each in pending if _may_be_repeated(calls[each], results[each])]
            pause_s = self._allowance.policy.retries.pause_s(failures)
            if not pending or pause_s is None or pause_s >= self._left_s(terms):
                break
            trouble = results[pending[0]]
            if isinstance(trouble, GatewayError):
                self._connection.on_trouble(trouble, pause_s)
            self._connection.pace.sleep(pause_s)
        return [results[each] for each in range(len(calls))]

    def _attempted(self, calls: Sequence[Call[Any]], terms: "_Terms") -> list[object]:
        """Make calls once; those that a session was refused for once more, with another."""
        token = self._connection.session.token()
        results = self._sent(calls, token, terms)
        refused = [number for number, each in enumerate(results) if _is_session_refusal(each)]
        if refused:
            token = self._connection.session.renewed(token)
            again = self._sent([calls[each] for each in refused], token, terms)
            for number, result in zip(refused, again, strict=True):
                results[number] = result
        return results

    def _sent(self, calls: Sequence[Call[Any]], token: SessionToken, terms: "_Terms") -> list[object]:
        url = self._connection.endpoints.of(calls[0].operation.api)
        exchange = Exchange(url, {next(self._numbers): each for each in calls}, terms.is_batch)
        session = self._connection.session
        with self._allowance.slots([] if terms.is_urgent else calls, self._left_s(terms)) as has_slots:
            held_back = None if terms.is_urgent or not has_slots else self._held_back(exchange)
            if held_back is not None:
                return [held_back] * len(calls)
            with self._told_to_breaker() as outcome:
                if not has_slots or not self._is_its_turn(calls, terms):
                    return [_too_late(each.operation.name, terms, each.ids) for each in calls]
                request = http_request(exchange, session.app_key, token.token)
                left_s = self._left_s(terms)
                reply = self._connection.transport.exchange(request, within_s=left_s)
                self._hand_on(exchange.name, request, reply, token)
                outcome.results = (
                    [
                        no_answer(each.operation.name, url, reply, each.ids, self._timeouts(left_s))
                        for each in calls
                    ]
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

    def _menu(self, url: str, terms: "_Terms") -> object:
        session = self._connection.session
        token = session.token()
        result = self._menu_once(url, token, terms)
        return self._menu_once(url, session.renewed(token), terms) if _is_session_refusal(result) else result

    def _menu_once(self, url: str, token: SessionToken, terms: "_Terms") -> object:
        held_back = self._held_back(Exchange(url, {}))
        if held_back is not None:
            return held_back
        session = self._connection.session
        with self._told_to_breaker() as outcome:
            if not self._is_its_turn([], terms):
                return _too_late(_MENU, terms, {})
            left_s = self._left_s(terms)
            request = menu_request(url, session.app_key, token.token)
            reply = self._connection.transport.exchange(request, within_s=left_s)
            outcome.results = [
                no_answer(_MENU, url, reply, {}, self._timeouts(left_s))
                if isinstance(reply, NoReply)
                else menu(url, reply, session.secrets())
            ]
        return outcome.results[0]

    def _timeouts(self, left_s: float) -> tuple[float, float]:
        connect_s, read_s = self._connection.transport.timeouts
        return min(connect_s, left_s), min(read_s, left_s)

    def _held_back(self, exchange: Exchange) -> UnreachableError | None:
        """Return why no call is made just now, if the breaker is open."""
        left_s, failures = self._allowance.closed_for_s(self._now_s())
        if not left_s:
            return None
        return UnreachableError(
            f"{failures} calls on end had no answer of {host_of(exchange.url)}; none is made for another "
            f"{left_s:.0f} s.",
            operation=exchange.name or _MENU,
            sent=Sent.NOT_SENT,
            advice="Find out why it does not answer; then it goes on by itself.",
        )

    @contextmanager
    def _told_to_breaker(self) -> Iterator["_Outcome"]:
        """Tell the breaker what became of a call, even of one that was interrupted, or came too late."""
        outcome = _Outcome()
        try:
            yield outcome
        except BaseException:
            self._allowance.abandoned()
            raise
        if outcome.results:
            is_answer = any(not isinstance(each, UnreachableError) for each in outcome.results)
            self._allowance.answered(is_answer=is_answer, now_s=self._now_s())
        else:
            self._allowance.abandoned()

    def _is_its_turn(self, calls: Sequence[Call[Any]], terms: "_Terms") -> bool:
        """Wait until Betfair allows the calls; urgent ones only count. Say whether it is in time."""
        reserved_s = self._allowance.reserve(calls, self._now_s())
        wait_s = 0.0 if terms.is_urgent else reserved_s
        if wait_s and wait_s < self._left_s(terms):
            self._connection.pace.sleep(wait_s)
            wait_s = 0.0
        return wait_s < self._left_s(terms)

    def _now_s(self) -> float:
        return self._connection.pace.now_s()

    def _left_s(self, terms: "_Terms") -> float:
        return terms.ends_s - self._now_s()

    def _terms(self, *, is_batch: bool = False, is_urgent: bool = False, within_s: float | None) -> "_Terms":
        limit_s = self._allowance.policy.call_timeout_s if within_s is None else within_s
        return _Terms(is_batch, is_urgent, limit_s, self._now_s() + limit_s)


@dataclass(frozen=True, slots=True)
class _Terms:
    """
    On which terms calls are made.

    Attributes:
        is_batch: As a list.
        is_urgent: Without waiting for anything of ours.
        within_s: In how many seconds.
        ends_s: When these are over.
    """

    is_batch: bool
    is_urgent: bool
    within_s: float
    ends_s: float


@dataclass(slots=True)
class _Outcome:
    results: list[object] = field(default_factory=list)


def _may_be_repeated(call: Call[Any] | None, result: object) -> bool:
    changes_nothing = call is None or call.operation.effect is Effect.NOTHING
    return changes_nothing and isinstance(result, GatewayError) and result.passing


def _too_late(operation: str, terms: _Terms, ids: Mapping[str, str]) -> UnreachableError:
    return UnreachableError(
        f"the {terms.within_s:g} s that it may take are over, and it was not sent.",
        operation=operation,
        sent=Sent.NOT_SENT,
        ids=ids,
        advice="A login, other calls or repetitions took too long; how long one may take is "
        "betfair.api.call_timeout.",
    )


def _is_session_refusal(result: object) -> bool:
    return isinstance(result, AuthenticationError) and result.code in SESSION_CODES
