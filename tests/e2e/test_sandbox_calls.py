"""Calls to the sandbox over HTTPS: envelopes, rules and faults, with a client that nobody here wrote."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from math import inf
from pathlib import Path
from typing import Any

import pytest
import requests

from betflow.sandbox.feed import FeedChange
from betflow.sandbox.listings import listing_of
from betflow.sandbox.rules import Rules
from betflow.sandbox.services import bodies, peers
from changes import MARKET, change, defined
from exchange_scenes import ScriptedFeed
from interface import interface
from sandboxes import DELAYED_KEY, LIVE_KEY, NOW_MS, Client, Running, running
from tapes import shared_responses

CATALOGUE = "SportsAPING/v1.0/listMarketCatalogue"
FUNDS = "AccountAPING/v1.0/getAccountFunds"
CURRENT = "SportsAPING/v1.0/listCurrentOrders"
JSON_RPC = "/exchange/account/json-rpc/v1"
SLOW_POST = f"POST {JSON_RPC} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{".encode()
CALL = json.dumps({"jsonrpc": "2.0", "method": FUNDS, "params": {}, "id": 7})


@contextmanager
def connected(sandbox: Running) -> Iterator[ssl.SSLSocket]:
    """Open a connection, over which anything can be sent."""
    context = ssl.create_default_context(cafile=sandbox.place.authority)
    host, _, port = sandbox.sandbox.addresses.api.partition(":")
    with (
        socket.create_connection((host, int(port)), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname=host) as secured,
    ):
        yield secured


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox on which nothing happens."""
    with running(tmp_path_factory.mktemp("sandbox")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _nothing_goes_wrong(sandbox: Running) -> Iterator[None]:
    yield
    sandbox.sandbox.context.faults.clear()


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Client:
    """Somebody who has logged in."""
    return sandbox.logged_in()


@pytest.mark.parametrize("suffix", ["", "/", f"/{FUNDS}"])
def test_the_method_may_stand_in_the_address_too(client: Client, suffix: str) -> None:
    """Clients send it so, and as a form."""
    answer = client.post(JSON_RPC + suffix, CALL)
    assert (200, 7) == (answer.status_code, answer.json()["id"])
    assert "availableToBetBalance" in answer.json()["result"]


def test_a_batch_is_answered_with_a_batch(client: Client) -> None:
    """Each call has its answer or its error."""
    calls = [json.loads(CALL), {**json.loads(CALL), "id": "b", "method": "AccountAPING/v1.0/nothing"}]
    first, second = client.post(JSON_RPC, json.dumps(calls)).json()
    assert (7, "b") == (first["id"], second["id"])
    assert "result" in first
    assert {"code": -32601, "message": "DSC-0021"} == second["error"]


@pytest.mark.parametrize(("accepted", "coding"), [("gzip, deflate", "gzip"), ("identity", None)])
def test_long_answers_are_compressed_for_who_takes_that(
    client: Client, accepted: str, coding: str | None
) -> None:
    """As Betfair does it."""
    answer = client.post(JSON_RPC, json.dumps([json.loads(CALL)] * 5), Accept_Encoding=accepted)
    assert (coding, 5) == (answer.headers.get("Content-Encoding"), len(answer.json()))


def test_rest_answers_with_the_bare_result(client: Client) -> None:
    """With a slash at the end or without."""
    for path in (
        "/exchange/account/rest/v1.0/getAccountFunds/",
        "/exchange/account/rest/v1.0/getAccountFunds",
    ):
        answer = client.post(path, "{}")
        assert (200, "UK") == (answer.status_code, answer.json()["wallet"])


def test_rest_tells_of_errors_in_a_fault_document(client: Client) -> None:
    """With a status that is none of success."""
    stranger = client.running.client()
    answer = stranger.post("/exchange/betting/rest/v1.0/listCurrentOrders/", "{}")
    assert (400, "ANGX-0005", "NO_SESSION") == (
        answer.status_code,
        answer.json()["faultstring"],
        answer.json()["detail"]["APINGException"]["errorCode"],
    )
    assert 404 == client.post("/exchange/betting/rest/v1.0/listNothing/", "{}").status_code


@pytest.mark.parametrize(
    ("app_key", "token", "code"),
    [
        ("", "t", "NO_APP_KEY"),
        ("unknown", "t", "INVALID_APP_KEY"),
        (LIVE_KEY, "", "NO_SESSION"),
        (LIVE_KEY, "t", "INVALID_SESSION_INFORMATION"),
    ],
)
def test_what_is_wrong_with_the_credentials_is_told_apart(
    sandbox: Running, app_key: str, token: str, code: str
) -> None:
    """With the recorded error's keys."""
    stranger = sandbox.client()
    stranger.app_key, stranger.token = app_key, token
    error = stranger.call(FUNDS, service="account")["error"]
    name = "get_account_funds_error_no_appkey.json"
    recorded = json.loads((shared_responses() / "betfair_parser" / "accounts" / name).read_text())["error"]
    assert recorded.keys() == error.keys()
    assert recorded["data"].keys() == error["data"].keys()
    assert code == error["data"]["AccountAPINGException"]["errorCode"]


def test_app_keys_are_listed_without_an_app_key(sandbox: Running) -> None:
    """A live one and a delayed one; and no more can be made."""
    client = sandbox.logged_in()
    client.app_key = ""
    (app,) = client.call("AccountAPING/v1.0/getDeveloperAppKeys", service="account")["result"]
    assert [(LIVE_KEY, False), (DELAYED_KEY, True)] == [
        (each["applicationKey"], each["delayData"]) for each in app["appVersions"]
    ]
    again = client.error("AccountAPING/v1.0/createDeveloperAppKeys", {"appName": "x"}, service="account")
    assert "APP_CREATION_FAILED" == again


def test_a_body_that_is_no_json_is_status_400(client: Client) -> None:
    """With an error that has no id."""
    answer = client.post(JSON_RPC, b"{")
    expected = {"jsonrpc": "2.0", "error": {"code": -32700, "message": "DSC-0008"}, "id": None}
    assert (400, expected) == (answer.status_code, answer.json())


def test_more_than_250_ids_are_too_many(client: Client) -> None:
    """Bets and markets together."""
    ids = {"betIds": [str(each) for each in range(200)], "marketIds": [f"1.{each}" for each in range(51)]}
    assert "REQUEST_SIZE_EXCEEDS_LIMIT" == client.error(CURRENT, ids)
    assert "result" in client.call(CURRENT, {**ids, "marketIds": ids["marketIds"][:50]})


def test_profit_and_loss_of_fifty_markets_weighs_200(client: Client) -> None:
    """One more is too much."""
    markets = [f"1.{each}" for each in range(51)]
    profit_and_loss = "SportsAPING/v1.0/listMarketProfitAndLoss"
    assert [] == client.call(profit_and_loss, {"marketIds": markets[:50]})["result"]
    assert "TOO_MUCH_DATA" == client.error(profit_and_loss, {"marketIds": markets})


@pytest.mark.parametrize(
    ("count", "data", "depth", "is_too_much"),
    [
        (40, ["EX_BEST_OFFERS"], 3, False),
        (41, ["EX_BEST_OFFERS"], 3, True),
        (20, ["EX_BEST_OFFERS"], 6, False),
        (21, ["EX_BEST_OFFERS"], 6, True),
        (11, ["EX_ALL_OFFERS"], 3, False),
        (12, ["EX_ALL_OFFERS"], 3, True),
        (10, ["EX_BEST_OFFERS", "EX_TRADED"], 3, False),
        (6, ["EX_ALL_OFFERS", "EX_TRADED"], 3, False),
        (7, ["EX_ALL_OFFERS", "EX_TRADED"], 3, True),
        (100, [], 3, False),
        (101, [], 3, True),
    ],
)
def test_market_books_weigh_200_at_most(
    client: Client, count: int, data: list[str], depth: int, *, is_too_much: bool
) -> None:
    """By what is asked of each, as Betfair's table and its examples have it."""
    begins = f"1.{count}{len(data)}{depth}"
    projection = {"priceData": data, "exBestOffersOverrides": {"bestPricesDepth": depth}}
    params = {"marketIds": [f"{begins}{each:03d}" for each in range(count)], "priceProjection": projection}
    answer = client.call("SportsAPING/v1.0/listMarketBook", params)
    assert is_too_much == ("error" in answer)
    if is_too_much:
        assert "TOO_MUCH_DATA" == answer["error"]["data"]["APINGException"]["errorCode"]


def test_too_many_instructions_are_invalid_input(client: Client) -> None:
    """Two hundred to place, sixty to cancel."""
    cancel = {"marketId": "1.1", "instructions": [{"betId": str(each)} for each in range(61)]}
    assert "INVALID_INPUT_DATA" == client.error("SportsAPING/v1.0/cancelOrders", cancel)
    place = {"orderType": "LIMIT", "selectionId": 1, "side": "BACK", "limitOrder": {"size": 2, "price": 2}}
    many = {"marketId": "1.1", "instructions": [place] * 201}
    assert "INVALID_INPUT_DATA" == client.error("SportsAPING/v1.0/placeOrders", many)
    none = {"marketId": "1.1", "instructions": []}
    assert "INVALID_INPUT_DATA" == client.error("SportsAPING/v1.0/placeOrders", none)


def test_a_market_is_asked_for_five_times_a_second(tmp_path: Path) -> None:
    """One time more is too many."""
    with running(tmp_path) as own:
        client = own.logged_in()
        calls = [
            {"method": "SportsAPING/v1.0/listMarketBook", "params": {"marketIds": ["1.1"]}, "id": each}
            for each in range(6)
        ]
        answers = client.post("/exchange/betting/json-rpc/v1", json.dumps(calls)).json()
        assert ["result"] * 5 + ["error"] == [
            next(key for key in each if key in {"result", "error"}) for each in answers
        ]


def test_a_fourth_query_about_orders_is_one_too_many(client: Client) -> None:
    """While three are under way."""
    calls = [{"method": CURRENT, "params": {}, "id": each} for each in range(4)]
    answers = client.post("/exchange/betting/json-rpc/v1", json.dumps(calls)).json()
    assert [False, False, False, True] == ["error" in each for each in answers]


def test_orders_of_the_delayed_key_can_be_refused(tmp_path: Path) -> None:
    """Betfair's pages disagree; it is a rule."""
    with running(tmp_path, rules=Rules(delayed_key_bets=False)) as own:
        report = own.logged_in(DELAYED_KEY).call("SportsAPING/v1.0/cancelOrders")["result"]
        assert "PERMISSION_DENIED" == report["errorCode"]


@pytest.mark.parametrize(
    ("service", "api", "operation"),
    [
        ("betting", "SportsAPING", "listCurrentOrders"),
        ("account", "AccountAPING", "getAccountFunds"),
        ("heartbeat", "HeartbeatAPING", "heartbeat"),
    ],
)
def test_every_error_of_a_service_can_be_provoked(
    sandbox: Running, client: Client, service: str, api: str, operation: str
) -> None:
    """By a fault, once; with the number that the published definition gives it."""
    method, params = f"{api}/v1.0/{operation}", {"preferredTimeoutSeconds": 0}
    for number, code in enumerate(interface(api).exceptions, start=1):
        sandbox.goes_wrong(subject=operation, kind="error", code=code)
        error = client.call(method, params, service=service)["error"]
        assert (code, f"{number:04d}") == (
            error["data"][error["data"]["exceptionname"]]["errorCode"],
            error["message"][-4:],
        )
    assert "result" in client.call(method, params, service=service)


@pytest.mark.parametrize(
    ("operation", "params", "details"),
    [
        ("listMarketBook", {"marketIds": ["abc"]}, "market id passed is invalid"),
        (
            "listEvents",
            {"filter": {}, "locale": "unknown"},
            "locale must use valid iso-639 locale names",
        ),
        (
            "listEvents",
            {"filter": {"marketCountries": ["GB", "ZZZZ"]}},
            "country code must use valid iso2 country code name",
        ),
        (
            "listMarketBook",
            {"marketIds": ["1.1"], "currencyCode": "XYZ"},
            "currency must use valid iso2 currency code name",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_betfairs_words(
    client: Client, operation: str, params: object, details: str
) -> None:
    """As its pages have them."""
    error = client.call(f"SportsAPING/v1.0/{operation}", params)["error"]["data"]["APINGException"]
    assert ("INVALID_INPUT_DATA", details) == (error["errorCode"], error["errorDetails"])


def test_a_code_of_another_service_is_an_unexpected_error(sandbox: Running, client: Client) -> None:
    """Since nobody could tell its number."""
    sandbox.goes_wrong(subject="getAccountFunds", kind="error", code="TOO_MUCH_DATA")
    assert "UNEXPECTED_ERROR" == client.error(FUNDS, service="account")


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        ("account", "AccountAPING/v1.0/getAccountStatement", {"recordCount": 101}, "INVALID_INPUT_DATA"),
        ("account", "AccountAPING/v1.0/listCurrencyRates", {"fromCurrency": "X"}, "INVALID_INPUT_DATA"),
        ("account", "AccountAPING/v1.0/createDeveloperAppKeys", {"appName": "x"}, "APP_CREATION_FAILED"),
        ("betting", CURRENT, {"recordCount": 1001}, "TOO_MUCH_DATA"),
        ("betting", "SportsAPING/v1.0/listExposureLimitsForMarketGroups", {}, "ACCESS_DENIED"),
        ("heartbeat", "HeartbeatAPING/v1.0/heartbeat", {"preferredTimeoutSeconds": -1}, "INVALID_INPUT_DATA"),
    ],
)
def test_errors_come_of_themselves(
    client: Client, service: str, method: str, params: object, code: str
) -> None:
    """As the service that is called says them."""
    assert code == client.error(method, params, service=service)


def test_orders_can_fail_as_a_whole(sandbox: Running, client: Client) -> None:
    """With any code of a report."""
    sandbox.goes_wrong(subject="placeOrders", kind="error", code="ERROR_IN_MATCHER")
    place = {"orderType": "LIMIT", "selectionId": 1, "side": "BACK", "limitOrder": {"size": 2, "price": 2}}
    report = client.call("SportsAPING/v1.0/placeOrders", {"marketId": "1.1", "instructions": [place]})[
        "result"
    ]
    assert ("FAILURE", "ERROR_IN_MATCHER") == (report["status"], report["errorCode"])
    assert ["ERROR_IN_ORDER"] == [each["errorCode"] for each in report["instructionReports"]]


def test_a_dropped_connection_has_no_answer_and_the_next_call_works(sandbox: Running) -> None:
    """The call did nothing."""
    client = sandbox.logged_in()
    sandbox.goes_wrong(kind="drop")
    with pytest.raises(requests.ConnectionError):
        client.call(FUNDS, service="account")
    assert "result" in client.call(FUNDS, service="account")


def test_half_an_answer_ends_the_connection(sandbox: Running) -> None:
    """Though more was promised."""
    client = sandbox.logged_in()
    sandbox.goes_wrong(kind="half-line")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        client.call(FUNDS, service="account")


def test_a_malformed_answer_is_no_json(sandbox: Running, client: Client) -> None:
    """And has status 200."""
    sandbox.goes_wrong(kind="malformed")
    answer = client.post(JSON_RPC, CALL)
    assert 200 == answer.status_code
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_the_service_can_be_unavailable(sandbox: Running, client: Client) -> None:
    """An HTML page with status 503."""
    sandbox.goes_wrong(kind="status-503")
    answer = client.post(JSON_RPC, CALL)
    assert (503, "text/html") == (answer.status_code, answer.headers["Content-Type"])


def test_a_session_can_expire_in_the_middle_of_everything(sandbox: Running) -> None:
    """The client has to log in again."""
    client = sandbox.logged_in()
    sandbox.goes_wrong(kind="session-expired")
    assert "INVALID_SESSION_INFORMATION" == client.error(FUNDS, service="account")
    assert "INVALID_SESSION_INFORMATION" == client.error(FUNDS, service="account")


def test_too_many_requests_can_be_said_at_any_time(sandbox: Running, client: Client) -> None:
    """With the number that the service has for it."""
    sandbox.goes_wrong(kind="too-many-requests")
    error = client.call(FUNDS, service="account")["error"]
    assert "AANGX-0014" == error["message"]


def test_the_clock_of_the_server_can_be_wrong(sandbox: Running, client: Client) -> None:
    """By an hour, for one answer."""
    sandbox.goes_wrong(kind="clock-skew", ms=3_600_000)
    dates = [client.post(JSON_RPC, CALL).headers["Date"] for _ in range(2)]
    skewed, right = map(parsedate_to_datetime, dates)
    assert 60 == round((skewed - right).total_seconds() / 60)  # a slow machine has its clock go on meanwhile


def test_orders_act_though_their_answer_never_comes(sandbox: Running) -> None:
    """The client's read times out, and the orders are counted."""
    client = sandbox.logged_in()
    sandbox.goes_wrong(subject="cancelOrders", kind="timeout-after-accepting")
    before = sandbox.sandbox.context.counts.orders
    with pytest.raises(requests.ReadTimeout):
        client.session.post(
            f"{sandbox.base}/exchange/betting/json-rpc/v1",
            json={"method": "SportsAPING/v1.0/cancelOrders", "params": {}, "id": 1},
            headers={"X-Application": LIVE_KEY, "X-Authentication": client.token},
            timeout=0.3,
        )
    assert "result" in sandbox.logged_in().call(FUNDS, service="account")  # by then the other was heard
    assert before + 1 == sandbox.sandbox.context.counts.orders


def test_the_certificate_can_be_that_of_another_host(sandbox: Running) -> None:
    """So clients that do not check it can be found."""
    sandbox.goes_wrong(where="connect", subject="api", kind="wrong-host")
    with pytest.raises(
        requests.exceptions.SSLError, match=r"doesn't match|IP address mismatch|not valid for"
    ):
        sandbox.client().get("/sandbox/state")
    assert 200 == sandbox.client().get("/sandbox/state").status_code


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: Client) -> None:
    """A megabyte is more than any call needs."""
    assert 413 == client.post(JSON_RPC, b" " * (1 << 20) + b"{}").status_code


def test_nobody_is_asked_to_send_on(client: Client) -> None:
    """Betfair's servers answer so too."""
    assert 417 == client.post(JSON_RPC, CALL, Expect="100-continue").status_code


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", JSON_RPC, 405), ("POST", "/exchange/other/json-rpc/v1", 404), ("POST", "/", 404)],
)
def test_other_addresses_and_methods_are_refused(client: Client, method: str, path: str, status: int) -> None:
    """And nothing breaks."""
    assert status == client.session.request(method, client.running.base + path, timeout=5).status_code


@pytest.mark.parametrize(
    "sent",
    [b"\0\1\2\3", b"GET / HTTP/x\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"A" * 100_000],
)
def test_what_is_no_http_ends_its_own_connection_only(sandbox: Running, client: Client, sent: bytes) -> None:
    """Others go on."""
    with connected(sandbox) as secured:
        received = b""
        with suppress(ConnectionError):  # it may be closed before everything was sent
            secured.sendall(sent)
            received = secured.recv(4096)
        assert received == b"" or received.startswith(b"HTTP/1.1 400")
    assert "result" in client.call(FUNDS, service="account")


def test_a_defect_is_counted_and_told_and_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered with status 500, logged, and a finding in the end."""
    with running(tmp_path) as own:
        client, other = own.logged_in(), own.logged_in()
        monkeypatch.setattr(own.sandbox.context.exchange, "funds", None)
        assert 500 == client.post(JSON_RPC, CALL).status_code
        assert ["sandbox.defect"] == [finding.code for finding in own.sandbox.findings]
        assert "result" in other.call("AccountAPING/v1.0/getAccountDetails", service="account")


def test_each_refusal_has_an_id_of_its_own(client: Client) -> None:
    """Also in a batch."""
    call = {"method": "SportsAPING/v1.0/listMarketProfitAndLoss", "params": {"marketIds": ["1.1"] * 51}}
    answers = client.post(
        "/exchange/betting/json-rpc/v1", json.dumps([{**call, "id": each} for each in (1, 2)])
    ).json()
    first, second = (each["error"]["data"]["APINGException"]["requestUUID"] for each in answers)
    assert first != second


@pytest.mark.parametrize("sent", [b"", b"POST / HT"])
def test_a_client_that_brings_no_request_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """It holds a place and gives nothing."""
    monkeypatch.setattr(peers, "REQUEST_S", 0.1)
    with running(tmp_path) as own, connected(own) as secured:
        received = b""
        with suppress(ConnectionError):  # on a busy machine it may be gone already
            secured.sendall(sent)
            received = secured.recv(4096)  # a timeout is an error, so this ends only when the connection does
        assert b"" == received


def test_half_a_second_request_is_let_go_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that brought one whole request holds its place no longer with half of another."""
    with running(tmp_path) as own, connected(own) as secured:
        monkeypatch.setattr(peers, "REQUEST_S", 0.1)
        secured.sendall(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert secured.recv(4096).startswith(b"HTTP/1.1 404")
        with suppress(ConnectionError):
            secured.sendall(b"GET /nowhere HT")
            while secured.recv(4096):  # a timeout is an error, so this ends only when the connection does
                pass


def test_body_that_nobody_reads_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is answered without its body, and never finishes it, ends with the connection."""
    monkeypatch.setattr(peers, "REQUEST_S", 0.1)
    with running(tmp_path) as own, connected(own) as secured, suppress(ConnectionError):
        secured.sendall(b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        while secured.recv(4096):
            pass


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 404),
        ("127.0.0.1:8443", 404),
        ("attacker.example", 400),
        ("localhost.attacker.example:8443", 400),
    ],
)
def test_only_names_of_loopback_are_answered(sandbox: Running, host: str, status: int) -> None:
    """What came here by another name, as a page in a browser can, is refused."""
    client = Client(sandbox)
    assert status == client.get("/nowhere", Host=host).status_code


@pytest.mark.parametrize("path", [JSON_RPC, "/exchange/betting/rest/v1.0/listEventTypes/"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"method":"SportsAPING/v1.0/listEventTypes","params":{"filter":{"textQuery":"\xff"}}}',
        b'{"filter":{"\xff":1}}',
        b"\xff",
    ],
)
def test_what_is_no_utf_8_is_a_bad_request(client: Client, path: str, body: bytes) -> None:
    """Wherever the bytes stand."""
    assert 400 == client.post(path, body).status_code


def test_a_client_that_does_not_finish_its_body_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it took too long."""
    monkeypatch.setattr(bodies, "REQUEST_S", 0.1)
    with running(tmp_path) as own, connected(own) as secured:
        secured.sendall(SLOW_POST)
        assert secured.recv(4096).startswith(b"HTTP/1.1 408")


def test_transactions_are_counted(tmp_path: Path) -> None:
    """Placed bets and failed instructions; the admin endpoint tells."""
    with running(tmp_path) as own:
        client = own.logged_in()
        place = {
            "orderType": "LIMIT",
            "selectionId": 1,
            "side": "BACK",
            "limitOrder": {"size": 2, "price": 2},
        }
        client.call("SportsAPING/v1.0/placeOrders", {"marketId": "1.1", "instructions": [place] * 2})
        client.call("SportsAPING/v1.0/cancelOrders", {"marketId": "1.1", "instructions": [{"betId": "1"}]})
        assert {"sandbox": {"thisHour": 3, "most": 3}} == client.get("/sandbox/state").json()["transactions"]


def test_everything_that_was_answered_is_in_the_truth(tmp_path: Path) -> None:
    """With the faults, in order, and without any secret."""
    with running(tmp_path, truth=tmp_path / "truth.jsonl") as own:
        client = own.logged_in()
        own.goes_wrong(kind="malformed")
        client.post(JSON_RPC, CALL)
        token = client.token
    lines = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert ["answer", "fault", "answer"] == [line["kind"] for line in lines]
    assert ["login", None, "getAccountFunds"] == [line.get("operation") for line in lines]
    assert token not in (tmp_path / "truth.jsonl").read_text()


def test_the_admin_endpoint_tells_how_it_stands_and_moves_the_clock(tmp_path: Path) -> None:
    """It pauses, steps, jumps, and goes at another speed; never back. The header Date goes with it."""
    with running(tmp_path) as own:
        client = own.client()

        def move(**how: Any) -> requests.Response:  # noqa: ANN401 - JSON
            return client.post("/sandbox/clock", json.dumps(how), Content_Type="application/json")

        assert 200 == move(pause=True).status_code
        before = client.get("/sandbox/state").json()
        assert before["paused"]
        stepped = move(stepMs=60_000)
        moved = stepped.json()["now"]
        assert moved[:19] == f"{parsedate_to_datetime(stepped.headers['Date']):%Y-%m-%dT%H:%M:%S}"
        assert moved == move(jumpTo=moved).json()["now"]
        assert 400 == move(jumpTo="2026-01-01").status_code
        assert 400 == move(speed="fast").status_code
        assert 400 == move(colour="red").status_code
        assert 200 == move(speed="max").status_code
        assert "max" == client.get("/sandbox/state").json()["speed"]


def test_the_clock_is_moved_while_time_flies(tmp_path: Path) -> None:
    """However much of it passes while the request is understood."""
    with running(tmp_path, speed=100_000.0) as own:
        client = own.client()
        moves = ({"stepMs": 1}, {"speed": 90_000}, {"pause": True})
        answers = [
            client.post("/sandbox/clock", json.dumps(move), Content_Type="application/json") for move in moves
        ]
        assert [200, 200, 200] == [answer.status_code for answer in answers]


def test_orders_in_play_are_not_waited_for_without_end(tmp_path: Path) -> None:
    """Time may stand still: then nobody knows what becomes of them, and they may still act."""
    in_play = defined(inPlay=True, betDelay=5, eventId="7", eventTypeId="1")
    feed = ScriptedFeed(NOW_MS)
    feed.put(FeedChange(NOW_MS, change(marketDefinition=in_play, img=True)))
    with running(tmp_path, feed, speed=100_000.0, rules=Rules(order_timeout_ms=20)) as own:
        client = own.logged_in()
        client.post("/sandbox/clock", '{"pause":true}', Content_Type="application/json")
        back = {"orderType": "LIMIT", "selectionId": 1, "side": "BACK"}
        back |= {"limitOrder": {"size": 2, "price": 2, "persistenceType": "LAPSE"}}
        place = {"marketId": MARKET, "instructions": [back]}
        report = client.call("SportsAPING/v1.0/placeOrders", place)["result"]
        assert ("TIMEOUT", ["TIMEOUT"]) == (
            report["status"],
            [each["status"] for each in report["instructionReports"]],
        )
        assert [] == client.call(CURRENT)["result"]["currentOrders"]
        client.post("/sandbox/clock", '{"stepMs":6000}', Content_Type="application/json")
        assert any(client.call(CURRENT)["result"]["currentOrders"] for _ in range(200))


def test_the_admin_endpoint_lists_adds_and_clears_faults(sandbox: Running) -> None:
    """What is wrong with a rule is told."""
    client = sandbox.client()
    rule = {"where": "api", "kind": "slow", "seconds": 0.5}

    def post(what: object, kind: str = "application/json") -> requests.Response:
        return client.post("/sandbox/faults", json.dumps(what), Content_Type=kind)

    (number,) = post(rule).json()["added"]
    (standing,) = client.get("/sandbox/faults").json()["faults"]
    assert (number, 0, rule) == (standing["number"], standing["struck"], standing["rule"])
    assert 400 == post({"where": "api", "kind": "explode"}).status_code
    assert 415 == post(rule, "text/plain").status_code
    assert {"cleared": 1} == client.session.delete(
        f"{sandbox.base}/sandbox/faults/{number}", timeout=5
    ).json()
    assert 404 == client.session.delete(f"{sandbox.base}/sandbox/faults/{number}", timeout=5).status_code


@pytest.mark.parametrize("kind", ["drop", "wrong-host"])
def test_no_fault_of_connections_locks_the_admin_endpoint_out(sandbox: Running, kind: str) -> None:
    """It has a port of its own, at which the rule is lifted that never ends."""
    sandbox.goes_wrong(where="connect", kind=kind, times=0)
    admin = sandbox.sandbox.addresses.administration
    assert {"cleared": 1} == sandbox.client().session.delete(f"{admin}/faults", timeout=5).json()
    assert 200 == sandbox.client().get("/sandbox/state").status_code


def test_markets_are_there_before_anybody_streams(tmp_path: Path) -> None:
    """At full speed time waits for somebody to stream; how markets stand by then is seen all the same."""
    definition = change(marketDefinition=defined(eventId="7", eventTypeId="1")).market_definition
    assert definition is not None
    feed = ScriptedFeed(NOW_MS, [listing_of(MARKET, definition, names=definition)])
    feed.put(FeedChange(NOW_MS, change(marketDefinition=defined(eventId="7", eventTypeId="1"), img=True)))

    with running(tmp_path, feed, speed=inf) as opened:
        listed = opened.logged_in().call(CATALOGUE, {"filter": {}, "maxResults": 1})

    assert [MARKET] == [each["marketId"] for each in listed["result"]]


def test_books_in_another_currency(tmp_path: Path) -> None:
    """The account's own currency is the exchange's; another is converted at the rate that is told."""
    definition = change(marketDefinition=defined()).market_definition
    assert definition is not None
    feed = ScriptedFeed(NOW_MS, [listing_of(MARKET, definition, names=definition)])
    offers = {"id": 1, "atb": [[2.0, 10], [1.9, 7.77]]}
    feed.put(FeedChange(NOW_MS, change(offers, marketDefinition=defined(), img=True)))
    wanted = {"marketIds": [MARKET], "priceProjection": {"priceData": ["EX_ALL_OFFERS"]}}

    with running(tmp_path, feed) as opened:
        client = opened.logged_in()
        rates = client.call("AccountAPING/v1.0/listCurrencyRates", {}, service="account")["result"]
        sizes = {
            code: [
                each["size"]
                for book in client.call("SportsAPING/v1.0/listMarketBook", {**wanted, **more})["result"]
                for each in book["runners"][0]["ex"]["availableToBack"]
            ]
            for code, more in {"": {}, "GBP": {"currencyCode": "GBP"}, "EUR": {"currencyCode": "EUR"}}.items()
        }

    assert 1.16 == next(each["rate"] for each in rates if each["currencyCode"] == "EUR")
    assert {"": [10.0, 7.77], "GBP": [10.0, 7.77], "EUR": [11.6, 9.01]} == sizes
