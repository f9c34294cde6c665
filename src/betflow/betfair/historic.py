"""
Betfair's historic data: what the account has bought, what there is of it, and the files themselves.

The service is not one of the JSON-RPC services. Where it dislikes a session or a filter, or is busy, it often
answers with status 200 and a page that says "Error"; so such a page is taken for trouble that may pass, and
the identity service is asked whether the session still lives.

Source: the service's API documentation; the official sample (two downloads at a time at most).
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from betflow.betfair.channel import Connection
from betflow.betfair.downloads import Arriving, Downloaded, Progress, place_of
from betflow.betfair.identity import USER_AGENT
from betflow.betfair.retries import repeated
from betflow.betfair.secrets import Secret
from betflow.betfair.token_cache import SessionToken
from betflow.betfair.transport import HttpRequest, Incoming, Method, NoReply, Reply
from betflow.betfair.troubles import damaged_answer, host_of, no_answer
from betflow.errors import (
    AuthenticationError,
    DamagedAnswerError,
    GatewayError,
    RefusedError,
    Sent,
    UnreachableError,
)
from betflow.wire.historic import BasketSize, CollectionOptions, HistoricFilter, PurchasedItem

PARALLEL_DOWNLOADS: Final = 2
"""How many the official sample makes at a time."""

_T = TypeVar("_T")
_SOUND: Final = 200
_PARTIAL: Final = 206
_NOTHING_LEFT: Final = 416
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_RANGE: Final = re.compile(r"bytes (?:(?P<first>\d+)-\d+|\*)/(?P<total>\d+|\*)", re.ASCII)
_NO_DATA: Final = "NO_DATA"
"""Our code for an answer that brings nothing, and may be about the session: the service gives none."""

_SESSION = (
    AuthenticationError,
    "does not accept the session",
    "Has the account historic data? It is bought on the service's site first; the Basic Plan is free.",
)
_REFUSALS: Final[Mapping[int, tuple[type[GatewayError], str, str]]] = {
    400: (RefusedError, "refuses the request", "Compare sport, plan and dates with what was bought."),
    401: _SESSION,
    403: _SESSION,
    404: (RefusedError, "has no such file", "List the files anew: the service moves them now and then."),
}


class HistoricData:
    """
    Reads the historic data service; may be used by several threads.

    Every method raises `AuthenticationError`, `UnreachableError`, `RefusedError` or `DamagedAnswerError`, as
    the other gateways do.

    Args:
        connection: To whom.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._url = connection.endpoints.historic

    def purchases(self) -> tuple[PurchasedItem, ...]:
        """Return what the account has bought, month by month (GetMyData)."""
        return self._asked("GetMyData", None, tuple[PurchasedItem, ...])

    def options(self, wanted: HistoricFilter) -> CollectionOptions:
        """Return what a filter may be narrowed to, with the number of files each (GetCollectionOptions)."""
        return self._asked("GetCollectionOptions", wanted, CollectionOptions)

    def size(self, wanted: HistoricFilter) -> BasketSize:
        """Return how much a filter takes (GetAdvBasketDataSize)."""
        return self._asked("GetAdvBasketDataSize", wanted, BasketSize)

    def files(self, wanted: HistoricFilter) -> tuple[str, ...]:
        """Return the files that a filter takes, by their names at the service (DownloadListOfFiles)."""
        return self._asked("DownloadListOfFiles", wanted, tuple[str, ...])

    def download(
        self, name: str, folder: Path, on_progress: Progress = lambda _there, _total: None
    ) -> Downloaded:
        """
        Download a file (DownloadFile), going on where an earlier attempt stopped, and verify it.

        The file gets its place when it has been expanded to its end without an error; until then it is called
        ``….part``. A file that is in its place and sound is left as it is. One that turns out not to be sound
        is fetched anew.

        Args:
            name: As `files` has it.
            folder: Where to; the file is put below it as the service has it below ``historic/``.
            on_progress: Told of the bytes there are, and of how many there will be, if that is known.

        Raises:
            DamagedAnswerError: the name leads elsewhere, or what comes is no sound bz2 file.
            OSError: the disk refuses; what was downloaded before stays.
        """
        place = place_of(name)
        if place is None:
            raise _damaged(self._url, f"it names a file {name[:200]!r}", {}, passing=False)
        arriving = Arriving(name, folder / place, on_progress)
        return arriving.in_place() or self._with_session(
            lambda session: self._repeated(lambda: self._fetched(arriving, name, session))
        )

    def _fetched(self, arriving: Arriving, name: str, session: SessionToken) -> Downloaded | GatewayError:
        """Fetch what is missing of a file, and put it into its place."""
        url, offset, ids = f"{self._url}/DownloadFile", arriving.offset, {"file": name}
        request = HttpRequest(
            f"{url}?{urlencode({'filePath': name})}", _headers(session.token, offset), method=Method.GET
        )
        with self._connection.transport.receive(request) as reply:
            if isinstance(reply, NoReply):
                return self._no_answer("DownloadFile", url, reply, ids)
            first, total = _range_of(reply)
            if reply.status == _NOTHING_LEFT and total != offset:
                arriving.forget()
                return _damaged(url, f"it has fewer bytes than the {offset:,} that are here", ids)
            if reply.status != _NOTHING_LEFT:
                is_rest = reply.status == _PARTIAL and first == offset
                if not is_rest and (reply.status != _SOUND or reply.content_type in _PAGES):
                    return _refusal("DownloadFile", url, reply.status, reply.content_type, ids)
                broken = arriving.write(reply, offset if is_rest else 0, total)
                if broken is not None:
                    return self._no_answer("DownloadFile", url, broken, ids)
        flaw = arriving.settle()
        return _damaged(url, flaw, ids) if flaw else arriving.in_place() or _damaged(url, "it is gone", ids)

    def _asked(self, operation: str, wanted: HistoricFilter | None, kind: type[_T]) -> _T:
        url = f"{self._url}/{operation}"
        body = b"" if wanted is None else msgspec.json.encode(wanted)
        method = Method.GET if wanted is None else Method.POST

        def once(session: SessionToken) -> _T | GatewayError:
            headers = _headers(session.token) | {"Content-Type": "application/json"}
            reply = self._connection.transport.exchange(HttpRequest(url, headers, body, method))
            if isinstance(reply, NoReply):
                return self._no_answer(operation, url, reply, {})
            return _meaning(operation, url, reply, kind)

        return self._with_session(lambda session: self._repeated(lambda: once(session)))

    def _repeated(self, attempt: Callable[[], _T | GatewayError]) -> _T | GatewayError:
        connection = self._connection
        return repeated(attempt, connection.allowance.policy.retries, connection.pace, connection.on_trouble)

    def _with_session(self, attempt: Callable[[SessionToken], _T | GatewayError]) -> _T:
        """Make an attempt; where the session may be why it failed, and is another by now, one more."""
        session = self._connection.session.token()
        result = attempt(session)
        if isinstance(result, GatewayError) and result.code == _NO_DATA:
            kept = self._connection.session.keep_alive()
            if kept.token != session.token:
                result = attempt(kept)
        if isinstance(result, GatewayError):
            raise result
        return result

    def _no_answer(self, operation: str, url: str, reply: NoReply, ids: Mapping[str, str]) -> GatewayError:
        return no_answer(operation, url, reply, ids, self._connection.transport.timeouts)


def _headers(token: Secret, offset: int = 0) -> dict[str, str]:
    headers = {
        "Accept": "*/*",
        "Accept-Encoding": "identity",  # so that sizes are those of the files
        "User-Agent": USER_AGENT,
        "ssoid": token.reveal(),
    }
    return headers | {"Range": f"bytes={offset}-"} if offset else headers


def _range_of(reply: Incoming) -> tuple[int | None, int | None]:
    """Return where a reply begins in the file, and how large the file is, as far as it says so."""
    found = _RANGE.fullmatch(reply.headers.get("Content-Range", ""))
    if found is not None:
        return _number(found["first"]), _number(found["total"])
    return None, _number(reply.headers.get("Content-Length"))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() else None


def _meaning(operation: str, url: str, reply: Reply, kind: type[_T]) -> _T | GatewayError:
    if reply.status == _SOUND and reply.content_type not in _PAGES:
        try:
            return msgspec.json.decode(reply.body, type=kind, strict=False)
        except msgspec.ValidationError as error:
            return damaged_answer(operation, url, str(error), {})
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    return _refusal(operation, url, reply.status, reply.content_type, {})


def _damaged(url: str, what: str, ids: Mapping[str, str], *, passing: bool = True) -> DamagedAnswerError:
    return DamagedAnswerError(
        f"what {host_of(url)} sends cannot be used: {what}.",
        operation="DownloadFile",
        sent=Sent.UNKNOWN,
        ids=ids,
        passing=passing,
        advice="Try again later; if it stays so, tell Betfair's data support which file it is.",
    )


def _refusal(
    operation: str, url: str, status: int, content_type: str, ids: Mapping[str, str]
) -> GatewayError:
    """Say what an answer is that brings no data."""
    host = host_of(url)
    if status in _REFUSALS:
        kind, what, advice = _REFUSALS[status]
        code = _NO_DATA if kind is AuthenticationError else f"HTTP_{status}"
        return kind(
            f"{host} {what} (status {status}).",
            operation=operation,
            sent=Sent.REFUSED,
            ids=ids,
            code=code,
            advice=advice,
        )
    return UnreachableError(
        f"{host} answered with status {status} and {content_type or 'something'} that is no data.",
        operation=operation,
        sent=Sent.UNKNOWN,
        ids=ids,
        code=_NO_DATA,
        passing=True,
        advice="The service does so when it is busy, and where it does not like a filter: compare sport, "
        "plan and dates with what was bought, and try again in a moment.",
    )
