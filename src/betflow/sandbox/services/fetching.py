"""
What is fetched as a whole: the navigation menu, and files of starting prices.

Source: "Navigation Data For Applications"; the files of Betfair's site for starting prices.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from betflow.sandbox.faults import Fault, FaultKind, Where
from betflow.sandbox.market_data import Markets, navigation_menu, starting_prices_csv
from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.services.answers import Answer
from betflow.sandbox.services.bodies import BadRequest
from betflow.sandbox.services.calling import Credentials
from betflow.sandbox.services.context import Context
from betflow.sandbox.services.envelopes import rest_exception
from betflow.sandbox.services.operations import markets_of
from betflow.sandbox.services.waiting import acts, wait
from betflow.wire.enums import ServiceErrorCode
from betflow.wire.operations import Api

NAVIGATION, STARTING_PRICES = "navigation", "starting-prices"
_CSV: Final = "text/csv"
_encode = msgspec.json.Encoder().encode


def routes(route: Callable[..., Route]) -> list[Route]:
    """Return the routes of what is fetched."""
    return [
        route("/exchange/betting/rest/v1/{language}/navigation/menu.json", _navigation, "GET"),
        route("/betfairsp/prices/{name}", _starting_prices, "GET"),
    ]


async def _navigation(context: Context, request: Request) -> Answer:
    fault = context.faults.next(Where.API, NAVIGATION)
    if fault is not None and not await acts(fault):
        return Answer(b"", fault=fault)
    credentials = Credentials.of(request.headers)
    account = ""
    try:
        _refuse(context, fault, credentials)
        caller = context.sessions.caller(credentials.app_key, credentials.token)
        account = caller.account
        status, body = 200, _encode(navigation_menu(markets_of(context, caller)))
    except ServiceRefusal as refusal:
        status, body = rest_exception(Api.BETTING, refusal.code, refusal.details, context.request_uuid())
    return await _answered(context, NAVIGATION, Answer(body, status, fault=fault), account)


async def _starting_prices(context: Context, request: Request) -> Answer:
    """Answer with a file of starting prices; they are on Betfair's site for everybody."""
    fault = context.faults.next(Where.API, STARTING_PRICES)
    if fault is not None and not await acts(fault):
        return Answer(b"", fault=fault)
    exchange = context.exchange
    markets = Markets(exchange.books, exchange.listing, exchange.now, past=context.past)
    content = starting_prices_csv(markets, request.path_params["name"])
    if content is None:
        raise BadRequest(404, "there is no such file")
    answer = Answer(content.encode(), media_type=_CSV, fault=fault)
    return await _answered(context, STARTING_PRICES, answer, "")


def _refuse(context: Context, fault: Fault | None, credentials: Credentials) -> None:
    match fault:
        case Fault(kind=FaultKind.SESSION_EXPIRED):
            context.sessions.expire(credentials.token)
        case Fault(kind=FaultKind.TOO_MANY_REQUESTS):
            raise ServiceRefusal(ServiceErrorCode.TOO_MANY_REQUESTS)
        case Fault(kind=FaultKind.ERROR, code=code) if code in ServiceErrorCode.__members__:
            raise ServiceRefusal(ServiceErrorCode(code))


async def _answered(context: Context, name: str, answer: Answer, account: str) -> Answer:
    if answer.fault is not None and answer.fault.kind is FaultKind.SLOW:
        await wait(answer.fault.seconds)
    context.truth.answered(name, account=account, status=answer.status, body=answer.body)
    return answer
