"""The historic data service is read, and its files arrive whole or not at all."""

import bz2
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from betflow.betfair.channel import Connection
from betflow.betfair.downloads import flaw_in, looks_whole, place_of
from betflow.betfair.endpoints import endpoints
from betflow.betfair.historic import HistoricData
from betflow.betfair.transport import Transport
from betflow.errors import (
    AuthenticationError,
    DamagedAnswerError,
    GatewayError,
    RefusedError,
    UnreachableError,
)
from betflow.wire.historic import BasketSize, CollectionOptions, HistoricFilter, NamedCount, PurchasedItem
from identity_service import Clock, IdentityService, session
from loopback import DROP, Answer, Loopback, Received, loopback

CONTENT = bz2.compress(b'{"op":"mcm","pt":1,"mc":[]}\n' * 5000)
NAME = "/data/xds/historic/PRO/2023/Jan/1/31999999/1.208000001.bz2"
PLACE = "PRO/2023/Jan/1/31999999/1.208000001.bz2"
PAGE = Answer(b"<html><title>Error</title></html>", content_type="text/html; charset=utf-8")
WANTED = HistoricFilter(
    sport="Horse Racing",
    plan="Basic Plan",
    from_day=1,
    from_month=3,
    from_year=2017,
    to_day=31,
    to_month=3,
    to_year=2017,
    countries_collection=("GB",),
)

Script = Callable[[Received], Answer]


class Service:
    """The service and the identity service: answers as it is told to, then as the script says."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.first: list[Answer] = []
        self.identity = IdentityService()
        self.asked: list[Received] = []

    def __call__(self, request: Received) -> Answer:
        """Answer a request."""
        if "/identity/" in request.path:
            return self.identity(request)
        self.asked.append(request)
        return self.first.pop(0) if self.first else self.script(request)

    def ranges(self) -> list[str]:
        """Return which part of the file was asked for, each time."""
        return [each.headers.get("Range", "") for each in self.asked]


def of_file(content: bytes = CONTENT) -> Script:
    """Serve a file, and the rest of it from an offset on."""

    def script(request: Received) -> Answer:
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if start >= len(content):
            return Answer(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
        end = f"bytes {start}-{len(content) - 1}/{len(content)}"
        headers = {"Content-Range": end} if start else {}
        kind = "application/octet-stream"
        return Answer(content[start:], 206 if start else 200, kind, headers)

    return script


def cut(content: bytes) -> Answer:
    """Return an answer whose connection breaks before its end."""
    return Answer(content, content_type="application/octet-stream", cut=True)


@pytest.fixture
def historic(tmp_path: Path) -> Iterator[tuple[HistoricData, Service]]:
    """Return a client and the service it talks to."""
    service = Service(of_file())
    with loopback(tmp_path, service) as server:
        connection = connected(server, tmp_path)
        yield HistoricData(connection), service
        connection.transport.close()
        connection.session._transport.close()


def connected(server: Loopback, folder: Path) -> Connection:
    """Return a connection to the service."""
    clock = Clock()
    places = endpoints(identity_url=f"{server.url}/identity", historic_url=f"{server.url}/api")
    made = session(server, folder, clock)
    made._endpoints = places
    transport = Transport(server.client_context())
    return Connection(made, transport, places, clock.pace())


def test_what_is_there_is_asked_for_as_the_service_wants_it(
    historic: tuple[HistoricData, Service],
) -> None:
    """Purchases, options, sizes and files have their types; filters go out whole; the token is in `ssoid`."""
    client, service = historic
    service.first = [
        Answer(
            b'[{"sport":"Cricket","plan":"Basic Plan","forDate":"2017-04-01T00:00:00","purchaseItemId":206}]'
        ),
        Answer(
            b'{"marketTypesCollection":[{"name":"WIN","count":7671}],"countriesCollection":[],'
            b'"fileTypeCollection":[{"name":"M","count":21622}]}'
        ),
        Answer(b'{"totalSizeMB":9,"fileCount":1724}'),
        Answer(json.dumps([NAME]).encode()),
    ]

    assert (
        PurchasedItem(
            sport="Cricket", plan="Basic Plan", for_date="2017-04-01T00:00:00", purchase_item_id=206
        ),
    ) == client.purchases()
    assert CollectionOptions(
        market_types_collection=(NamedCount("WIN", 7671),), file_type_collection=(NamedCount("M", 21622),)
    ) == client.options(WANTED)
    assert BasketSize(total_size_mb=9.0, file_count=1724) == client.size(WANTED)
    assert (NAME,) == client.files(WANTED)

    operations = ["GetMyData", "GetCollectionOptions", "GetAdvBasketDataSize", "DownloadListOfFiles"]
    assert [f"/api/{each}" for each in operations] == [each.path for each in service.asked]
    assert {
        "sport": "Horse Racing",
        "plan": "Basic Plan",
        "fromDay": 1,
        "fromMonth": 3,
        "fromYear": 2017,
        "toDay": 31,
        "toMonth": 3,
        "toYear": 2017,
        "eventId": None,
        "eventName": None,
        "marketTypesCollection": [],
        "countriesCollection": ["GB"],
        "fileTypeCollection": [],
    } == service.asked[1].json
    assert {"s3cret-token-1="} == {each.headers["ssoid"] for each in service.asked}


def test_a_file_gets_its_place_below_the_folder(
    historic: tuple[HistoricData, Service], tmp_path: Path
) -> None:
    """A file is asked for by its name, and is put where Betfair's archives have it."""
    client, service = historic
    seen: list[tuple[int, int | None]] = []

    downloaded = client.download(NAME, tmp_path / "out", lambda there, total: seen.append((there, total)))

    assert tmp_path / "out" / PLACE == downloaded.path
    assert CONTENT == downloaded.path.read_bytes()
    assert (len(CONTENT), len(CONTENT)) == (downloaded.bytes, downloaded.fetched)
    assert {"filePath": [NAME]} == parse_qs(urlsplit(service.asked[0].path).query)
    assert (len(CONTENT), len(CONTENT)) == seen[-1]
    assert [PLACE.rpartition("/")[2]] == [each.name for each in downloaded.path.parent.iterdir()]


def test_a_file_that_is_there_is_not_fetched_again(
    historic: tuple[HistoricData, Service], tmp_path: Path
) -> None:
    """The second download of a file asks for nothing."""
    client, service = historic
    client.download(NAME, tmp_path / "out")

    assert 0 == client.download(NAME, tmp_path / "out").fetched
    assert 1 == len(service.asked)


def test_a_file_that_another_program_left_unfinished_is_fetched_anew(
    historic: tuple[HistoricData, Service], tmp_path: Path
) -> None:
    """A file in its place that ends in the middle is no download."""
    client, _ = historic
    place = tmp_path / "out" / PLACE
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT[:-20])

    assert len(CONTENT) == client.download(NAME, tmp_path / "out").fetched
    assert CONTENT == place.read_bytes()


def test_a_broken_download_goes_on_where_it_stopped(
    historic: tuple[HistoricData, Service], tmp_path: Path
) -> None:
    """After a break only the rest is asked for, in the same run."""
    client, service = historic
    service.first = [cut(CONTENT[:100]), Answer(status=503), DROP]

    downloaded = client.download(NAME, tmp_path / "out")

    assert CONTENT == downloaded.path.read_bytes()
    assert ["", "bytes=100-", "bytes=100-", "bytes=100-"] == service.ranges()


def test_the_next_run_goes_on_where_the_last_one_stopped(
    historic: tuple[HistoricData, Service], tmp_path: Path
) -> None:
    """What came before the attempts were over stays, and is not fetched again."""
    client, service = historic
    service.first = [cut(CONTENT[:100]), DROP, DROP, DROP]
    with pytest.raises(UnreachableError):
        client.download(NAME, tmp_path / "out")

    downloaded = client.download(NAME, tmp_path / "out")

    assert len(CONTENT) - 100 == downloaded.fetched
    assert CONTENT == downloaded.path.read_bytes()


def test_a_server_that_knows_no_ranges_sends_all(
    historic: tuple[HistoricData, Service], tmp_path: Path
) -> None:
    """Where the whole file comes though the rest was asked for, it is written from its beginning."""
    client, service = historic
    whole = Answer(CONTENT, content_type="application/octet-stream")
    service.first = [cut(CONTENT[:100]), whole]

    assert CONTENT == client.download(NAME, tmp_path / "out").path.read_bytes()


def test_a_download_that_only_lacked_its_place_is_put_there(
    historic: tuple[HistoricData, Service], tmp_path: Path
) -> None:
    """A run that was killed between the last byte and the renaming cost nothing."""
    client, _ = historic
    part = tmp_path / "out" / f"{PLACE}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT)

    assert 0 == client.download(NAME, tmp_path / "out").fetched
    assert not part.exists()


@pytest.mark.parametrize("before", [b"BZh9 of another file", CONTENT + b"and more"], ids=["other", "longer"])
def test_the_beginning_of_another_file_is_given_up(
    historic: tuple[HistoricData, Service], tmp_path: Path, before: bytes
) -> None:
    """A part that does not belong to the file ends in a file that is fetched anew."""
    client, _ = historic
    part = tmp_path / "out" / f"{PLACE}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(before)

    assert CONTENT == client.download(NAME, tmp_path / "out").path.read_bytes()


@pytest.mark.parametrize(
    "content",
    [b"", b"not bz2", CONTENT[:-15], CONTENT[:200] + bytes(50) + CONTENT[250:]],
    ids=["empty", "other", "short", "flipped"],
)
def test_what_is_no_sound_bz2_file_never_gets_the_place(
    historic: tuple[HistoricData, Service], tmp_path: Path, content: bytes
) -> None:
    """A file that does not expand to its end is an error, and nothing of it is left."""
    client, service = historic
    service.script = of_file(content) if content else lambda _: Answer(content_type="application/x-bzip2")

    with pytest.raises(DamagedAnswerError, match=r"cannot be used: it (is|ends)"):
        client.download(NAME, tmp_path / "out")
    assert [] == list((tmp_path / "out" / PLACE).parent.iterdir())


def test_a_page_instead_of_data_is_tried_again(historic: tuple[HistoricData, Service]) -> None:
    """An error page with status 200 may pass."""
    client, service = historic
    service.first = [PAGE, PAGE, Answer(b'{"totalSizeMB":9,"fileCount":1}')]

    assert 1 == client.size(WANTED).file_count


def test_a_session_that_is_over_is_renewed_once(historic: tuple[HistoricData, Service]) -> None:
    """Where the service sends pages and the session turns out to be over, there is another login."""
    client, service = historic
    client_answers = Answer(b"[]")

    def only_second(request: Received) -> Answer:
        return client_answers if request.headers["ssoid"] == "s3cret-token-2=" else Answer(status=403)

    service.script = only_second
    client._connection.session.token()
    service.identity.alive.clear()

    assert () == client.files(WANTED)
    assert ["certlogin", "keepAlive", "certlogin"] == [
        name for name in service.identity.calls if name != "logout"
    ]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (AuthenticationError, Answer(status=403)),
        (RefusedError, Answer(status=400)),
        (RefusedError, Answer(status=404)),
        (UnreachableError, PAGE),
        (UnreachableError, Answer(b"not json")),
        (UnreachableError, Answer(status=500)),
        (DamagedAnswerError, Answer(b'{"totalSizeMB":"many","fileCount":1}')),
    ],
)
def test_an_answer_without_data_says_what_it_is(
    historic: tuple[HistoricData, Service], error: type[GatewayError], answer: Answer
) -> None:
    """Each kind of answer that brings nothing has its error, with advice."""
    client, service = historic
    service.script = lambda _: answer

    with pytest.raises(error) as raised:
        client.size(WANTED)
    assert raised.value.advice
    assert "s3cret" not in repr(raised.value)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (PLACE, NAME),
        ("BASIC/28139610/1.130129050.bz2", "/data/xds/historic/BASIC/28139610/1.130129050.bz2"),
        ("BASIC/1/1.2.bz2", "BASIC/1/1.2.bz2"),
        (None, "/data/xds/historic/../../1.2.bz2"),
        (None, "/data/xds/historic/PRO/.ssh/1.2.bz2"),
        (None, "/data/xds/historic/PRO//1.2.bz2"),
        (None, "/data/xds/historic/PRO/a\\b/1.2.bz2"),
        (None, "/data/xds/historic/PRO/1.2.exe"),
        (None, "/data/xds/historic/"),
        (None, ""),
        (None, "/historic/" + "a" * 1000 + ".bz2"),
    ],
)
def test_a_name_leads_below_the_folder_or_nowhere(place: str | None, name: str) -> None:
    """A name that leads out of the folder, into a hidden one, or to another kind of file is refused."""
    found = place_of(name)

    assert place == (found and str(found))


def test_a_hostile_name_is_an_error_before_anything_is_asked(
    historic: tuple[HistoricData, Service], tmp_path: Path
) -> None:
    """Nothing is fetched for a name that leads elsewhere."""
    client, service = historic

    with pytest.raises(DamagedAnswerError, match="names a file"):
        client.download("/historic/../x.bz2", tmp_path)
    assert [] == service.asked


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 8, 13, 1000, 100_003])
def test_the_end_of_a_file_is_seen_without_expanding_it(tmp_path: Path, size: int) -> None:
    """Whatever the bits before its end, a whole file is seen to be whole, and a cut one is not."""
    file = tmp_path / "x.bz2"
    content = bz2.compress(bytes(number * 7 % 251 for number in range(size)))
    file.write_bytes(content)
    assert (True, "") == (looks_whole(file), flaw_in(file))
    file.write_bytes(content[:-1])
    assert not looks_whole(file)
    assert flaw_in(file)


def test_a_file_may_be_several_streams(tmp_path: Path) -> None:
    """Streams one behind the other are one sound file; a cut last one is not."""
    file = tmp_path / "x.bz2"
    file.write_bytes(CONTENT + CONTENT)
    assert flaw_in(file) == ""
    file.write_bytes(CONTENT + CONTENT[:-5])
    assert flaw_in(file) == "it ends in the middle"
