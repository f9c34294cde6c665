"""
Which address leads where.

Addresses are Betfair's without their hosts, as clients make them from one base: JSON-RPC may have the method
behind it, REST a slash or none. Content types do not matter; methods and operations are found in any case.

Source: "API Overview", "Betting API", "Navigation Data For Applications"; what clients send.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.routing import Route

from betflow.sandbox.faults import Fault
from betflow.sandbox.services import admin, fetching, historic, identity
from betflow.sandbox.services.answers import Answer
from betflow.sandbox.services.bodies import BadRequest, body_of
from betflow.sandbox.services.calling import Called, Credentials, as_json_rpc, as_rest, carry_out
from betflow.sandbox.services.context import Context
from betflow.sandbox.services.envelopes import (
    NULL,
    Call,
    Misunderstood,
    calls_of,
    misunderstanding,
    operation_of,
)
from betflow.wire.json_rpc import PARSE_ERROR
from betflow.wire.operations import Api

SERVICES: Final = {
    "betting": Api.BETTING,
    "account": Api.ACCOUNT,
    "heartbeat": Api.HEARTBEAT,
    "scores": Api.SCORES,
}
"""The services by their names in addresses."""
_WITH_REST: Final = ("betting", "account")
_EITHER: Final = ["GET", "POST"]

_OURS: Final = Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"], www_redirect=False)
"""A page in a browser reaches loopback by a name of its own; the name that it used is in ``Host``."""

Endpoint = Callable[[Context, Request], Awaitable[Answer]]


def application(context: Context) -> Starlette:
    """Return everything that is answered over HTTPS."""
    route = _routing(context)
    return Starlette(
        routes=[
            *(route(f"/api/{name}", _identity, *_EITHER) for name in identity.OPERATIONS),
            *(route(f"/exchange/{name}/json-rpc/v1{{suffix:path}}", _json_rpc) for name in SERVICES),
            *(route(f"/exchange/{name}/rest/v1.0/{{operation}}{{slash:path}}", _rest) for name in _WITH_REST),
            *fetching.routes(route),
            *historic.routes(route),
            *admin.routes(route),
        ],
        middleware=[_OURS],
    )


def administration(context: Context) -> Starlette:
    """Return the admin endpoint alone."""
    return Starlette(routes=admin.routes(_routing(context)), middleware=[_OURS])


def _routing(context: Context) -> Callable[..., Route]:
    """Return what makes a route: it counts requests, and defects of ours."""

    def route(path: str, endpoint: Endpoint, *methods: str) -> Route:
        async def answered(request: Request) -> Answer:
            context.counts.requests += 1
            try:
                return await endpoint(context, request)
            except BadRequest as refusal:
                return refusal.answer
            except Exception:
                context.counts.defects += 1
                raise  # it is logged, and answered with status 500

        return Route(path, answered, methods=methods or ["POST"])

    return route


async def _identity(context: Context, request: Request) -> Answer:
    operation = request.url.path.rpartition("/")[2]
    answer = await identity.answer(context, operation, request)
    context.truth.answered(operation, account="", status=answer.status, body=answer.body)
    return answer


async def _json_rpc(context: Context, request: Request) -> Answer:
    api = SERVICES[request.url.path.split("/")[2]]
    body = await body_of(request)
    credentials = Credentials.of(request.headers)
    try:
        calls, is_batch = calls_of(body, api)
    except Misunderstood as error:
        context.counts.calls += 1
        context.counts.refused += 1
        return Answer(misunderstanding(error, NULL), status=400 if error.code == PARSE_ERROR else 200)
    if is_batch:
        carried = await asyncio.gather(*(carry_out(context, each, credentials) for each in calls))
    else:
        carried = [await carry_out(context, calls[0], credentials)]
    answers = []
    for call, called in zip(calls, carried, strict=True):
        answers.append(as_json_rpc(context, call, called))
        context.truth.answered(called.name, account=called.account, status=200, body=answers[-1])
    return Answer(b"[" + b",".join(answers) + b"]" if is_batch else answers[0], fault=_worst(carried))


async def _rest(context: Context, request: Request) -> Answer:
    api = SERVICES[request.url.path.split("/")[2]]
    name = request.path_params["operation"]
    body = await body_of(request)
    call = Call(operation_of(api, f"{api}/v1.0/{name}"), body.strip() or b"{}")
    called = await carry_out(context, call, Credentials.of(request.headers))
    status, content = as_rest(context, call, called)
    context.truth.answered(called.name, account=called.account, status=status, body=content)
    return Answer(content, status=status, fault=called.fault)


def _worst(called: list[Called]) -> Fault | None:
    """Return what goes wrong with an answer: the first thing that goes wrong with one of its calls."""
    return next((each.fault for each in called if each.fault is not None), None)
