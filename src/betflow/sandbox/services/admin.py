"""
The admin endpoint: how the sandbox stands, what goes wrong in it, and its clock.

It is the sandbox's own and none of Betfair's, below ``/sandbox``. Requests that change something have to say
that they are JSON, which keeps web pages that a browser has open from making them.
"""

from collections.abc import Awaitable, Callable
from math import inf
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from betflow.errors import UsageError
from betflow.exchange.times import epoch_ms, iso
from betflow.sandbox.clock import speed_of
from betflow.sandbox.faults import Standing, rule_of
from betflow.sandbox.services.answers import JSON, Answer
from betflow.sandbox.services.bodies import BadRequest, body_of
from betflow.sandbox.services.context import Context

RouteOf = Callable[..., Route]
_LONGEST_STEP_MS: Final = 48 * 3_600_000
_Endpoint = Callable[[Context, Request], Awaitable[Answer]]


def routes(route: RouteOf) -> list[Route]:
    """Return the routes of the admin endpoint."""
    return [
        route("/sandbox/state", _state, "GET"),
        route("/sandbox/faults", _list, "GET"),
        route("/sandbox/faults", _add, "POST"),
        route("/sandbox/faults", _clear, "DELETE"),
        route("/sandbox/faults/{number:int}", _clear, "DELETE"),
        route("/sandbox/clock", _move, "POST"),
    ]


async def _state(context: Context, _request: Request) -> Answer:
    return _json(state_of(context))


def state_of(context: Context) -> dict[str, Any]:
    """Return how the sandbox stands."""
    exchange, clock, counts = context.exchange, context.clock, context.counts
    return {
        "now": iso(exchange.now),
        "speed": "max" if clock.speed == inf else clock.speed,
        "paused": clock.is_paused,
        "markets": {
            market_id: {
                "status": book.definition.status,
                "inPlay": bool(book.definition.in_play),
                "marketTime": book.definition.market_time,
            }
            for market_id, book in exchange.books.items()
            if book.definition is not None
        },
        "sessions": context.sessions.open,
        "transactions": {
            account: {"thisHour": throttle.transactions.this_hour, "most": throttle.transactions.most}
            for account, throttle in context.throttles.items()
        },
        "requests": counts.requests,
        "calls": counts.calls,
        "refused": counts.refused,
        "orders": counts.orders,
        "faults": context.faults.struck,
    }


async def _list(context: Context, _request: Request) -> Answer:
    return _json({"faults": [_standing(each) for each in context.faults]})


async def _add(context: Context, request: Request) -> Answer:
    content = await _content(request)
    try:
        rules = [rule_of(each) for each in (content if isinstance(content, list) else [content])]
        numbers = [context.faults.add(rule) for rule in rules]
    except UsageError as error:
        raise BadRequest(400, str(error)) from None
    return _json({"added": numbers})


async def _clear(context: Context, request: Request) -> Answer:
    number = request.path_params.get("number")
    cleared = context.faults.clear(number)
    if number is not None and not cleared:
        raise BadRequest(404, f"there is no rule {number}")
    return _json({"cleared": cleared})


class _Move(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """How the clock is moved; only what is there is done, in this order."""

    pause: bool | None = None
    speed: str | float | None = None
    step_ms: int = 0
    jump_to: str | int | None = None


async def _move(context: Context, request: Request) -> Answer:
    clock = context.clock
    try:
        move = msgspec.convert(await _content(request), _Move)
        speed = None if move.speed is None else speed_of(str(move.speed))
        to = _destination(move, clock.now())
    except (msgspec.ValidationError, UsageError) as error:
        raise BadRequest(400, str(error)) from None
    if move.pause is not None:
        (clock.pause if move.pause else clock.resume)()
    if speed is not None:
        clock.set_speed(speed)
    clock.advance(to)
    return _json({"now": iso(clock.now())})


def _destination(move: _Move, now: int) -> int:
    """Return when it is to be, which is now unless the clock steps or jumps; time goes on meanwhile."""
    to = now + move.step_ms
    if move.jump_to is not None:
        to = move.jump_to if isinstance(move.jump_to, int) else epoch_ms(move.jump_to)
    if not 0 <= to - now <= _LONGEST_STEP_MS:
        raise BadRequest(400, f"time goes forward only, by {_LONGEST_STEP_MS} ms at most; it is {iso(now)}")
    return to


async def _content(request: Request) -> Any:  # noqa: ANN401 - it came from outside
    if request.headers.get("content-type", "").partition(";")[0].strip() != JSON:
        raise BadRequest(415, f"send {JSON}")
    try:
        return msgspec.json.decode(await body_of(request))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(400, f"this is no JSON: {error}") from None


def _standing(each: Standing) -> dict[str, Any]:
    return {
        "number": each.number,
        "seen": each.seen,
        "struck": each.struck,
        "rule": msgspec.to_builtins(each.rule),
    }


def _json(value: object) -> Answer:
    return Answer(msgspec.json.encode(value))
