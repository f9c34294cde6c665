"""
The historic data service: what was bought, what there is of it, how large it is, and the files.

It is not like the others: the session is in a header of its own, and what is wrong is told by a page.

Source: the service's API documentation; the official sample.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from betflow.sandbox.generator.publisher import Plan
from betflow.sandbox.leniency import with_texts_for_numbers
from betflow.sandbox.library import ABOVE, basket, options, plan_of, wanted
from betflow.sandbox.services.answers import HTML, TEXT, Answer
from betflow.sandbox.services.bodies import BadRequest, body_of
from betflow.sandbox.services.context import Context
from betflow.sandbox.services.mishaps import fetched
from betflow.wire.historic import HistoricFilter

_ERROR: Final = b"<!DOCTYPE html><html><head><title>Error</title></head><body>Error</body></html>"
_RANGE: Final = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)", re.ASCII)
_FILE: Final = "application/octet-stream"

_Act = Callable[[Context, Request], Awaitable[Answer]]


def routes(route: Callable[..., Route]) -> list[Route]:
    """Return the routes of the historic data service."""

    def served(name: str, act: _Act, *methods: str) -> Route:
        async def answer(context: Context, request: Request) -> Answer:
            return await _answered(context, request, name, act)

        return route(f"/api/{name}", answer, *methods)

    return [
        served("GetMyData", _purchases, "GET", "POST"),
        served("GetCollectionOptions", _options, "POST"),
        served("GetAdvBasketDataSize", _size, "POST"),
        served("DownloadListOfFiles", _files, "POST"),
        served("DownloadFile", _file, "GET"),
    ]


async def _answered(context: Context, request: Request, name: str, act: _Act) -> Answer:
    token = request.headers.get("ssoid", "")

    async def acted() -> tuple[Answer, str]:
        account = context.sessions.account(token)
        return await act(context, request), account

    return await fetched(context, name, token, acted, lambda _refusal: Answer(_ERROR, media_type=HTML))


async def _purchases(context: Context, _request: Request) -> Answer:
    return _json(context.library.purchases())


async def _options(context: Context, request: Request) -> Answer:
    by = await _filter(request)
    return _json(options(wanted(await context.library.files(plan_of(by.plan)), by)))


async def _size(context: Context, request: Request) -> Answer:
    by = await _filter(request)
    return _json(basket(wanted(await context.library.files(plan_of(by.plan)), by)))


async def _files(context: Context, request: Request) -> Answer:
    by = await _filter(request)
    return _json([file.name for file in wanted(await context.library.files(plan_of(by.plan)), by)])


async def _file(context: Context, request: Request) -> Answer:
    """Answer with a file, or with the part of it that is asked for."""
    name = request.query_params.get("filePath", "")
    plan = name.removeprefix(ABOVE).partition("/")[0]
    files = await context.library.files(Plan(plan)) if plan in Plan.__members__ else ()
    for file in files:
        if file.name == name:
            return _part(file.path.read_bytes(), request.headers.get("range", ""), file.path.name)
    return Answer(b"there is no such file\n", 404, TEXT)


async def _filter(request: Request) -> HistoricFilter:
    try:
        wanted_files: HistoricFilter = with_texts_for_numbers(await body_of(request), HistoricFilter)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest(400, "that is no filter") from None
    return wanted_files


def _part(content: bytes, wanted_range: str, name: str) -> Answer:
    headers = (("accept-ranges", "bytes"), ("content-disposition", f'attachment; filename="{name}"'))
    asked = _RANGE.fullmatch(wanted_range)
    if asked is None or not (asked["first"] or asked["last"]):
        return Answer(content, media_type=_FILE, headers=headers)
    total = len(content)
    if asked["first"]:
        first, last = int(asked["first"]), min(int(asked["last"] or total), total - 1)
    else:
        first, last = max(total - int(asked["last"]), 0), total - 1
    if first > last:
        return Answer(b"", 416, _FILE, (*headers, ("content-range", f"bytes */{total}")))
    span = ("content-range", f"bytes {first}-{last}/{total}")
    return Answer(content[first : last + 1], 206, _FILE, (*headers, span))


def _json(value: object) -> Answer:
    return Answer(msgspec.json.encode(value))
