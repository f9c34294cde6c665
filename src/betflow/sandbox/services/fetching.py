"""
What is fetched as a whole: the navigation menu, and files of starting prices.

Source: "Navigation Data For Applications"; the files of Betfair's site for starting prices.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from betflow.sandbox.market_data import Markets, navigation_menu, starting_prices_csv
from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.services.answers import TEXT, Answer
from betflow.sandbox.services.calling import Credentials
from betflow.sandbox.services.context import Context
from betflow.sandbox.services.envelopes import rest_exception
from betflow.sandbox.services.mishaps import fetched
from betflow.sandbox.services.operations import markets_of
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
    credentials = Credentials.of(request.headers)

    async def act() -> tuple[Answer, str]:
        caller = context.sessions.caller(credentials.app_key, credentials.token)
        return Answer(_encode(navigation_menu(markets_of(context, caller)))), caller.account

    def refused(refusal: ServiceRefusal) -> Answer:
        status, body = rest_exception(Api.BETTING, refusal.code, refusal.details, context.request_uuid())
        return Answer(body, status)

    return await fetched(context, NAVIGATION, credentials.token, act, refused)


async def _starting_prices(context: Context, request: Request) -> Answer:
    """Answer with a file of starting prices; they are on Betfair's site for everybody."""

    async def act() -> tuple[Answer, str]:
        exchange = context.exchange
        markets = Markets(exchange.books, exchange.listing, exchange.now, past=context.past)
        content = starting_prices_csv(markets, request.path_params["name"])
        if content is None:
            return Answer(b"there is no such file\n", 404, TEXT), ""
        return Answer(content.encode(), media_type=_CSV), ""

    def refused(refusal: ServiceRefusal) -> Answer:
        return Answer(f"{refusal.code}\n".encode(), 403, TEXT)

    return await fetched(context, STARTING_PRICES, "", act, refused)
