"""What reads and what bets: calls have a session, are made in time, and repeated only where it is safe."""

import ast
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import betflow
from betflow.betfair.allowance import Policy
from betflow.betfair.calls import Call
from betflow.betfair.channel import Channel, Connection
from betflow.betfair.endpoints import Jurisdiction
from betflow.betfair.orders import LivePermission, OpenReportError, OrdersGateway
from betflow.betfair.reading import ReadingGateway
from betflow.betfair.retries import Retries
from betflow.errors import (
    AuthenticationError,
    DamagedAnswerError,
    ExitCode,
    GatewayError,
    RefusedError,
    Sent,
    UnknownOutcomeError,
    UnreachableError,
    UsageError,
)
from betflow.wire import operations
from betflow.wire.account import GetAccountFunds, GetAccountStatement, TransferFunds
from betflow.wire.betting import (
    CancelInstruction,
    CancelOrders,
    LimitOrder,
    PlaceInstruction,
    PlaceOrders,
    ReplaceInstruction,
    ReplaceOrders,
    UpdateInstruction,
    UpdateOrders,
)
from betflow.wire.book import ListMarketBook, ListRunnerBook, PriceProjection
from betflow.wire.catalogue import ListEventTypes, ListMarketCatalogue, ListTimeRanges, MarketFilter
from betflow.wire.enums import (
    BetStatus,
    OrderProjection,
    OrderType,
    PersistenceType,
    PriceData,
    Side,
    TimeGranularity,
    Wallet,
)
from betflow.wire.heartbeat import Heartbeat
from betflow.wire.operations import Effect
from betflow.wire.positions import ListClearedOrders, ListCurrentOrders, ListMarketProfitAndLoss
from exchange_service import Connected, ExchangeService, connect, service_error
from identity_service import APP_KEY, Clock
from loopback import DROP, STALL, Answer, Loopback, Received, loopback

PERMISSION = LivePermission("me", "a test, with nobody's money")
SPORTS = [{"eventType": {"id": "7", "name": "Horse Racing"}, "marketCount": 3}]
BET = PlaceInstruction(
    order_type=OrderType.LIMIT, selection_id=1, side=Side.BACK, limit_order=LimitOrder(price=2.0, size=2.0)
)
PLACE = PlaceOrders(market_id="1.1", instructions=(BET,), customer_ref="ref-1")
CANCEL = CancelOrders(
    market_id="1.1", instructions=(CancelInstruction(bet_id="11"), CancelInstruction(bet_id="12"))
)
PLACED: dict[str, Any] = {
    "status": "SUCCESS",
    "marketId": "1.1",
    "instructionReports": [
        {
            "status": "SUCCESS",
            "betId": "11",
            "instruction": {"orderType": "LIMIT", "selectionId": 1, "side": "BACK"},
        }
    ],
}
REPLACE = ReplaceOrders(
    market_id="1.1", instructions=(ReplaceInstruction(bet_id="11", new_price=2.0),), customer_ref="ref-2"
)
CANCELLED = {"status": "SUCCESS", "marketId": "1.1", "instructionReports": []}
HTML = Answer(b"<html>Sign in</html>", content_type="text/html")


@pytest.fixture
def service() -> ExchangeService:
    """Return a service that knows one sport and places bets."""
    return ExchangeService({"listEventTypes": [SPORTS], "placeOrders": [PLACED], "cancelOrders": [CANCELLED]})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    """Run a server for all tests here; each brings what it answers."""
    with loopback(tmp_path_factory.mktemp("server"), lambda _request: DROP) as server:
        yield server


@pytest.fixture
def server(running: Loopback, service: ExchangeService) -> Loopback:
    """Return the server, with the service behind it."""
    running.script = service
    running.received.clear()
    return running


@pytest.fixture
def clock() -> Clock:
    """Return a clock that passes only when somebody sleeps."""
    return Clock()


Connecting = Callable[..., Connected]


@pytest.fixture
def connected(server: Loopback, tmp_path: Path, clock: Clock) -> Iterator[Connecting]:
    """Return what connects; connections are closed at the end."""
    made: list[Connected] = []

    def connecting(**options: Any) -> Connected:  # noqa: ANN401 - passed on
        made.append(connect(server, tmp_path, clock, **options))
        return made[-1]

    yield connecting
    for each in made:
        each.close()


@pytest.fixture
def connection(connected: Connecting) -> Connection:
    """Return a connection as it is by default."""
    return connected().connection


@pytest.fixture
def reading(connection: Connection) -> ReadingGateway:
    """Return what reads."""
    return ReadingGateway(connection)


@pytest.fixture
def orders(connection: Connection) -> OrdersGateway:
    """Return what bets."""
    return OrdersGateway(connection, PERMISSION)


# --- what goes out and what comes back ---


def test_a_call_has_session_app_key_and_envelope(reading: ReadingGateway, server: Loopback) -> None:
    """A call is JSON-RPC at the service's address, with session and app key in its headers."""
    sports = reading.list_event_types()
    request = server.received[-1]

    assert [("7", 3)] == [(each.event_type and each.event_type.id, each.market_count) for each in sports]
    assert "/exchange/betting/json-rpc/v1" == request.path
    assert ("s3cret-app-key", "s3cret-token-1=", "application/json") == (
        request.headers["X-Application"],
        request.headers["X-Authentication"],
        request.headers["Content-Type"],
    )
    assert {
        "jsonrpc": "2.0",
        "method": "SportsAPING/v1.0/listEventTypes",
        "params": {"filter": {}},
        "id": 1,
    } == request.json
    assert not request.certificate


READS: list[tuple[str, str, Callable[[ReadingGateway], object], Any]] = [
    ("listEventTypes", "betting", lambda g: g.list_event_types(), []),
    ("listCompetitions", "betting", lambda g: g.list_competitions(), []),
    (
        "listTimeRanges",
        "betting",
        lambda g: g.list_time_ranges(ListTimeRanges(granularity=TimeGranularity.DAYS)),
        [],
    ),
    ("listEvents", "betting", lambda g: g.list_events(), []),
    ("listMarketTypes", "betting", lambda g: g.list_market_types(), []),
    ("listCountries", "betting", lambda g: g.list_countries(), []),
    ("listVenues", "betting", lambda g: g.list_venues(), []),
    (
        "listMarketCatalogue",
        "betting",
        lambda g: g.list_market_catalogue(ListMarketCatalogue(max_results=1)),
        [],
    ),
    ("listMarketBook", "betting", lambda g: g.list_market_book(ListMarketBook(market_ids=("1.1",))), []),
    (
        "listRunnerBook",
        "betting",
        lambda g: g.list_runner_book(ListRunnerBook(market_id="1.1", selection_id=1)),
        [],
    ),
    (
        "listMarketProfitAndLoss",
        "betting",
        lambda g: g.list_market_profit_and_loss(ListMarketProfitAndLoss(market_ids=("1.1",))),
        [],
    ),
    (
        "listCurrentOrders",
        "betting",
        lambda g: g.list_current_orders(),
        {"currentOrders": [], "moreAvailable": False},
    ),
    (
        "listClearedOrders",
        "betting",
        lambda g: g.list_cleared_orders(ListClearedOrders(bet_status=BetStatus.SETTLED)),
        {"clearedOrders": [], "moreAvailable": False},
    ),
    ("getAccountFunds", "account", lambda g: g.get_account_funds(), {}),
    ("getAccountDetails", "account", lambda g: g.get_account_details(), {}),
    (
        "getAccountStatement",
        "account",
        lambda g: g.get_account_statement(),
        {"accountStatement": [], "moreAvailable": False},
    ),
    ("listCurrencyRates", "account", lambda g: g.list_currency_rates(), []),
    ("getDeveloperAppKeys", "account", lambda g: g.get_developer_app_keys(), []),
    ("listRaceDetails", "scores", lambda g: g.list_race_details(), []),
]

BETS: list[tuple[str, str, Callable[[OrdersGateway], object], Any]] = [
    ("placeOrders", "betting", lambda g: g.place_orders(PLACE), PLACED),
    ("cancelOrders", "betting", lambda g: g.cancel_orders(CANCEL), {"status": "SUCCESS"}),
    ("cancelOrders", "betting", lambda g: g.cancel_market_orders("1.1"), {"status": "SUCCESS"}),
    ("cancelOrders", "betting", lambda g: g.cancel_all_orders(), {"status": "SUCCESS"}),
    (
        "replaceOrders",
        "betting",
        lambda g: g.replace_orders(REPLACE),
        {"status": "SUCCESS"},
    ),
    (
        "updateOrders",
        "betting",
        lambda g: g.update_orders(
            UpdateOrders(
                market_id="1.1",
                instructions=(UpdateInstruction(bet_id="11", new_persistence_type=PersistenceType.PERSIST),),
            )
        ),
        {"status": "SUCCESS"},
    ),
    (
        "heartbeat",
        "heartbeat",
        lambda g: g.heartbeat(Heartbeat(preferred_timeout_seconds=10)),
        {"actualTimeoutSeconds": 10, "actionPerformed": "NONE"},
    ),
    (
        "transferFunds",
        "account",
        lambda g: g.transfer_funds(TransferFunds(from_=Wallet.UK, to=Wallet.AUSTRALIAN, amount=1.0)),
        {"transactionId": "1"},
    ),
]


@pytest.mark.parametrize(("name", "api", "read", "result"), READS, ids=[each[0] for each in READS])
def test_every_read_goes_to_its_service(
    reading: ReadingGateway,
    service: ExchangeService,
    server: Loopback,
    name: str,
    api: str,
    read: Callable[[ReadingGateway], object],
    result: object,
) -> None:
    """Each method calls its operation, at the address of its service, with what Betfair's definition has."""
    service.results[name] = [result]
    read(reading)

    operation = next(each for each in operations.OPERATIONS.values() if each.name == name)
    assert ([name], f"/exchange/{api}/json-rpc/v1") == (service.names(), server.received[-1].path)
    assert operation.method == server.received[-1].json["method"]


@pytest.mark.parametrize(("name", "api", "bet", "result"), BETS)
def test_every_bet_goes_to_its_service(
    orders: OrdersGateway,
    service: ExchangeService,
    server: Loopback,
    name: str,
    api: str,
    bet: Callable[[OrdersGateway], object],
    result: object,
) -> None:
    """The same for what changes something."""
    service.results[name] = [result]
    bet(orders)

    assert ([name], f"/exchange/{api}/json-rpc/v1") == (service.names(), server.received[-1].path)


def test_every_operation_has_a_method() -> None:
    """No operation that is typed is forgotten by the gateways."""
    called = {each[0] for each in READS} | {each[0] for each in BETS} | {"createDeveloperAppKeys"}

    assert {each.name for each in operations.OPERATIONS.values()} == called


def test_the_navigation_menu_is_fetched(reading: ReadingGateway, service: ExchangeService) -> None:
    """The menu is a tree, fetched with the session; a refused session is renewed once here as well."""
    service.results["menu"] = [
        {"type": "GROUP", "name": "ROOT", "id": 0, "children": [{"type": "EVENT_TYPE", "name": "X"}]}
    ]
    reading.log_in()
    service.identity.alive.clear()

    assert ["ROOT", "X"] == [node.name for node in reading.navigation_menu().walk()]
    assert ["certlogin", "certlogin"] == service.identity.calls


# --- the session ---


@pytest.mark.parametrize("code", ["INVALID_SESSION_INFORMATION", "NO_SESSION"])
def test_a_refused_session_is_renewed_and_the_call_made_once_more(
    reading: ReadingGateway, service: ExchangeService, clock: Clock, code: str
) -> None:
    """One login, one repetition, and no pause."""
    service.results["listEventTypes"] = [service_error(code), SPORTS]

    assert 1 == len(reading.list_event_types())
    assert (["certlogin"] * 2, 2, []) == (service.identity.calls, len(service.calls), clock.pauses)


def test_a_session_that_is_refused_again_is_an_error(
    reading: ReadingGateway, service: ExchangeService
) -> None:
    """Only once: then it is told, as trouble with the login."""
    service.results["listEventTypes"] = [service_error("INVALID_SESSION_INFORMATION")]

    with pytest.raises(AuthenticationError, match="INVALID_SESSION_INFORMATION") as refusal:
        reading.list_event_types()
    assert (ExitCode.AUTHENTICATION, 2, 2) == (
        refusal.value.exit_code,
        len(service.calls),
        len(service.identity.calls),
    )


def test_orders_with_a_refused_session_are_sent_once_more(
    orders: OrdersGateway, service: ExchangeService
) -> None:
    """A refused session placed nothing, so the very same orders may go out again: with the same reference."""
    service.results["placeOrders"] = [service_error("INVALID_SESSION_INFORMATION"), PLACED]

    assert "11" == orders.place_orders(PLACE).instruction_reports[0].bet_id
    first, second = (parameters for _name, parameters in service.calls)
    assert first == second
    assert "ref-1" == first["customerRef"]


# --- what went wrong ---


@pytest.mark.parametrize(
    ("kind", "exit_code", "sent", "result", "said"),
    [
        (
            RefusedError,
            6,
            Sent.REFUSED,
            service_error("TOO_MUCH_DATA"),
            "TOO_MUCH_DATA: too much is asked for",
        ),
        (
            RefusedError,
            6,
            Sent.REFUSED,
            service_error("INVALID_INPUT_DATA", "market id"),
            r"expects \(market id\)",
        ),
        (RefusedError, 6, Sent.REFUSED, service_error("ACCESS_DENIED"), "may not do this"),
        (RefusedError, 6, Sent.UNKNOWN, service_error("SOMETHING_NEW"), "SOMETHING_NEW: Betfair refuses it"),
        (RefusedError, 6, Sent.UNKNOWN, service_error("<b>\n"), "UNKNOWN: Betfair refuses it"),
        (AuthenticationError, 4, Sent.REFUSED, service_error("INVALID_APP_KEY"), "BETFAIR_APP_KEY"),
        (AuthenticationError, 4, Sent.REFUSED, service_error("NO_APP_KEY", name="X"), "BETFAIR_APP_KEY"),
        (
            RefusedError,
            6,
            Sent.REFUSED,
            {"error": {"code": -32602, "message": "DSC-0018"}},
            "parameter is missing",
        ),
        (RefusedError, 6, Sent.UNKNOWN, {"error": {"code": -32603, "message": "DSC-0005"}}, "DSC-0005"),
        (RefusedError, 6, Sent.UNKNOWN, {"error": {"code": -32099}}, "UNKNOWN"),
        (UnreachableError, 5, Sent.UNKNOWN, HTML, "status 200 and 20 bytes of text/html, which is no answer"),
        (UnreachableError, 5, Sent.UNKNOWN, Answer(b"", 403), "Access from here is forbidden"),
        (UnreachableError, 5, Sent.UNKNOWN, Answer(b'"text"'), "no answer of Betfair's"),
        (UnreachableError, 5, Sent.UNKNOWN, Answer(b"{}"), "no answer of Betfair's"),
        (UnreachableError, 5, Sent.UNKNOWN, Answer(b'{"id":1}', 502), "status 502"),
        (UnreachableError, 5, Sent.UNKNOWN, DROP, "broke before the answer was whole"),
        (UnreachableError, 5, Sent.UNKNOWN, STALL, "no answer within 0.3 s"),
        (
            UnreachableError,
            5,
            Sent.UNKNOWN,
            Answer(b'{"result":', cut=True),
            "broke before the answer was whole",
        ),
        (DamagedAnswerError, 7, Sent.UNKNOWN, {"marketCount": 3}, "Expected `array`"),
        (DamagedAnswerError, 7, Sent.UNKNOWN, Answer(b'{"result":[],"id":99}'), "no response with the id"),
    ],
)
def test_every_trouble_is_a_clear_error(
    connected: Connecting,
    service: ExchangeService,
    kind: type[GatewayError],
    exit_code: int,
    sent: Sent,
    result: Any,  # noqa: ANN401 - of any kind
    said: str,
) -> None:
    """Each has its kind, exit code, how far it got, the operation, and words; nothing hangs on it."""
    service.results["listEventTypes"] = [result]
    policy = Policy(retries=Retries(limit=0))
    reading = ReadingGateway(connected(policy=policy, read_timeout_s=0.3).connection)

    with pytest.raises(kind, match=said) as raised:
        reading.list_event_types()
    error = raised.value
    assert (exit_code, sent, "listEventTypes") == (error.exit_code, error.sent, error.operation)
    assert str(error).startswith("listEventTypes")
    assert (None, None) == (error.__cause__, error.__context__)


def test_a_refusal_has_what_support_asks_for(reading: ReadingGateway, service: ExchangeService) -> None:
    """Betfair's id of the request is in the message."""
    service.results["listEventTypes"] = [service_error("TOO_MUCH_DATA")]

    with pytest.raises(
        RefusedError, match=r"listEventTypes \(requestUUID prd-0001\): TOO_MUCH_DATA"
    ) as refusal:
        reading.list_event_types()
    assert {"requestUUID": "prd-0001"} == refusal.value.ids


def test_a_fault_of_the_framework_is_a_refusal(reading: ReadingGateway, service: ExchangeService) -> None:
    """An error in the form of REST is understood as well."""
    fault = {"faultcode": "Client", "faultstring": "DSC-0034", "detail": {}}
    service.results["listEventTypes"] = [Answer(json.dumps(fault).encode(), 400)]

    with pytest.raises(AuthenticationError, match="DSC-0034: the app key is missing or not active"):
        reading.list_event_types()


def test_what_cannot_be_read_at_all_is_refused_as_a_whole(
    reading: ReadingGateway, service: ExchangeService
) -> None:
    """An error without an id is about everything that was sent."""
    error = b'{"jsonrpc":"2.0","error":{"code":-32700,"message":"DSC-0008"},"id":null}'
    service.results["listEventTypes"] = [Answer(error, 400)]

    with pytest.raises(RefusedError, match="DSC-0008: the request is not understood"):
        reading.list_event_types()


# --- repetitions ---


@pytest.mark.parametrize(
    "result",
    [
        service_error("TOO_MANY_REQUESTS"),
        service_error("SERVICE_BUSY"),
        service_error("TIMEOUT_ERROR"),
        service_error("UNEXPECTED_ERROR"),
        Answer(b"", 503),
        Answer(b"", 429),
        DROP,
    ],
)
def test_a_read_is_repeated_where_that_may_help(
    connected: Connecting, service: ExchangeService, clock: Clock, result: object
) -> None:
    """A read is made again after 100, 200 and 400 milliseconds, and each time that is told."""
    service.results["listEventTypes"] = [result, result, result, SPORTS]
    made = connected()

    assert 1 == len(ReadingGateway(made.connection).list_event_types())
    assert [0.1, 0.2, 0.4] == clock.pauses == [pause for _error, pause in made.troubles]


def test_after_three_repetitions_it_is_told(
    reading: ReadingGateway, service: ExchangeService, clock: Clock
) -> None:
    """The fourth failure is the answer."""
    service.results["listEventTypes"] = [service_error("SERVICE_BUSY")]

    with pytest.raises(RefusedError, match="SERVICE_BUSY"):
        reading.list_event_types()
    assert (4, [0.1, 0.2, 0.4]) == (len(service.calls), clock.pauses)


@pytest.mark.parametrize("code", ["TOO_MUCH_DATA", "INVALID_INPUT_DATA", "ACCESS_DENIED", "SOMETHING_NEW"])
def test_what_stays_refused_is_not_repeated(
    reading: ReadingGateway, service: ExchangeService, code: str
) -> None:
    """A request that is wrong is wrong the next time too."""
    service.results["listEventTypes"] = [service_error(code)]

    with pytest.raises(RefusedError):
        reading.list_event_types()
    assert 1 == len(service.calls)


# --- orders ---


@pytest.mark.parametrize(
    "result",
    [
        service_error("TIMEOUT_ERROR"),
        service_error("UNEXPECTED_ERROR"),
        service_error("SERVICE_BUSY"),
        service_error("SERVICE_UNAVAILABLE"),
        service_error("SOMETHING_NEW"),
        {"error": {"code": -32603, "message": "DSC-0005"}},
        Answer(b"", 503),
        HTML,
        DROP,
        STALL,
        {"status": []},
        Answer(b'{"result":{"status":"SUCCESS"},"id":99}'),
    ],
)
def test_orders_whose_outcome_is_not_known_say_so_and_are_not_repeated(
    connected: Connecting, service: ExchangeService, result: object
) -> None:
    """Where Betfair may have acted the outcome is unknown (exit code 8), with the ids; it went out once."""
    service.results["placeOrders"] = [result]
    orders = OrdersGateway(connected(read_timeout_s=0.3).connection, PERMISSION)

    with pytest.raises(UnknownOutcomeError, match=r"same customerRef within 60 s") as unknown:
        orders.place_orders(PLACE)
    error = unknown.value
    assert (ExitCode.UNKNOWN, Sent.UNKNOWN, 1) == (error.exit_code, error.sent, len(service.calls))
    assert ("1.1", "ref-1", "placeOrders") == (
        error.ids["marketId"],
        error.ids["customerRef"],
        error.operation,
    )


@pytest.mark.parametrize("code", ["TOO_MANY_REQUESTS", "ACCESS_DENIED", "INVALID_INPUT_DATA"])
def test_orders_that_were_refused_are_known_not_to_be(
    orders: OrdersGateway, service: ExchangeService, code: str
) -> None:
    """A refusal is a refusal: nothing was done, nobody has to look, and nothing is repeated by itself."""
    service.results["placeOrders"] = [service_error(code)]

    with pytest.raises(RefusedError, match=code) as refusal:
        orders.place_orders(PLACE)
    assert (Sent.REFUSED, 1) == (refusal.value.sent, len(service.calls))


def test_orders_that_were_not_sent_are_known_not_to_be(
    tmp_path: Path, service: ExchangeService, clock: Clock
) -> None:
    """Where nobody listens nothing was sent."""
    with loopback(tmp_path, service) as server:
        made = connect(server, tmp_path, clock)
        made.connection.session.token()
        made.close()

    with pytest.raises(UnreachableError, match=r"nobody answers.*betflow sandbox run") as trouble:
        OrdersGateway(made.connection, PERMISSION).place_orders(PLACE)
    made.close()
    assert Sent.NOT_SENT == trouble.value.sent


def report(status: str, code: str | None = None, /, **of_instruction: object) -> dict[str, Any]:
    """Return the report of one bet, with what its instruction's report says."""
    instructions = [{**each, **of_instruction} for each in PLACED["instructionReports"]]
    return {**PLACED, "status": status, "errorCode": code, "instructionReports": instructions}


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("TIMEOUT", {"status": "TIMEOUT"}),
        ("TIMEOUT", report("PROCESSED_WITH_ERRORS", status="TIMEOUT")),
        (
            "BET_IN_PROGRESS",
            report("FAILURE", "BET_ACTION_ERROR", status="FAILURE", errorCode="BET_IN_PROGRESS"),
        ),
        ("ERROR_IN_MATCHER", report("FAILURE", status="FAILURE", errorCode="ERROR_IN_MATCHER")),
        (
            "ERROR_IN_MATCHER",
            report("FAILURE", "ERROR_IN_MATCHER", status="FAILURE", errorCode="ERROR_IN_ORDER"),
        ),
        ("DUPLICATE_TRANSACTION", report("FAILURE", "DUPLICATE_TRANSACTION", status="FAILURE")),
        ("SERVICE_UNAVAILABLE", report("FAILURE", "SERVICE_UNAVAILABLE", status="FAILURE")),
        ("SOMETHING_NEW", report("SOMETHING_NEW")),
        ("SOMETHING_NEW", report("SUCCESS", status="SOMETHING_NEW")),
    ],
)
def test_a_report_that_does_not_say_what_became_of_a_bet_is_no_refusal(
    orders: OrdersGateway, service: ExchangeService, code: str, result: dict[str, Any]
) -> None:
    """It raises, so that nobody takes it for a no, whatever its status; what it knows is with it."""
    service.results["placeOrders"] = [result]

    with pytest.raises(OpenReportError, match=f"{code}.*Wait 15 s") as unknown:
        orders.place_orders(PLACE)
    error = unknown.value
    assert (ExitCode.UNKNOWN, code, result["status"]) == (error.exit_code, error.code, error.report.status)


@pytest.mark.parametrize("part", ["cancelInstructionReport", "placeInstructionReport"])
def test_a_part_of_a_replacement_that_nobody_knows_is_no_refusal(
    orders: OrdersGateway, service: ExchangeService, part: str
) -> None:
    """The cancel and the place of a replacement have reports of their own."""
    bet = {"orderType": "LIMIT", "selectionId": 1, "side": "BACK"}
    open_part = {"status": "TIMEOUT", "instruction": {"betId": "11"} if part.startswith("cancel") else bet}
    service.results["replaceOrders"] = [
        {"status": "FAILURE", "instructionReports": [{"status": "FAILURE", part: open_part}]}
    ]

    with pytest.raises(OpenReportError, match="TIMEOUT"):
        orders.replace_orders(REPLACE)


@pytest.mark.parametrize(
    "result",
    [
        report("FAILURE", "MARKET_SUSPENDED", status="FAILURE", errorCode="ERROR_IN_ORDER"),
        report("FAILURE", "BET_ACTION_ERROR", status="FAILURE", errorCode="BET_TAKEN_OR_LAPSED"),
        report("FAILURE", "SOMETHING_NEW", status="FAILURE", errorCode="SOMETHING_NEW"),
        report("PROCESSED_WITH_ERRORS", status="FAILURE", errorCode="INVALID_BET_SIZE"),
    ],
)
def test_a_report_of_a_refusal_is_an_answer(
    orders: OrdersGateway, service: ExchangeService, result: dict[str, Any]
) -> None:
    """Where Betfair says that it did nothing, that is a report like any other."""
    service.results["placeOrders"] = [result]

    assert result["status"] == orders.place_orders(PLACE).status


def test_what_has_no_reference_is_not_to_be_sent_again(
    orders: OrdersGateway, service: ExchangeService
) -> None:
    """Only a customerRef makes it safe to repeat a request; without one there is something to look at."""
    service.results["cancelOrders"] = [DROP]

    with pytest.raises(UnknownOutcomeError, match="until you have looked") as unknown:
        orders.cancel_orders(CANCEL)
    assert "customerRef" not in str(unknown.value)


def test_an_error_names_bets_and_never_what_was_to_be_done(
    orders: OrdersGateway, service: ExchangeService
) -> None:
    """Ids lead to the bets; prices and sizes are nobody else's business."""
    service.results["cancelOrders"] = [DROP]

    with pytest.raises(UnknownOutcomeError, match=r"marketId 1\.1, betIds 11, 12"):
        orders.cancel_orders(CANCEL)
    service.results["placeOrders"] = [DROP]
    with pytest.raises(UnknownOutcomeError) as unknown:
        orders.place_orders(PLACE)
    assert "limitOrder" not in str(unknown.value) + repr(unknown.value.ids)


def test_orders_that_betfair_would_not_take_are_not_sent(
    connected: Connecting, service: ExchangeService
) -> None:
    """A request that is too large or cannot be told from another is not sent."""
    orders = OrdersGateway(connected(jurisdiction=Jurisdiction.ITALY).connection, PERMISSION)

    with pytest.raises(UsageError, match="has no customerRef"):
        orders.place_orders(PlaceOrders(market_id="1.1", instructions=(BET,)))
    with pytest.raises(UsageError, match="50 instructions at most"):
        orders.place_orders(PlaceOrders(market_id="1.1", instructions=(BET,) * 51, customer_ref="r"))
    assert [] == service.calls


@pytest.mark.parametrize(
    "cancel",
    [
        lambda g: g.cancel_orders(CancelOrders()),
        lambda g: g.cancel_orders(CancelOrders(market_id="1.1")),
        lambda g: g.cancel_orders(CancelOrders(market_id="1.1", instructions=())),
        lambda g: g.cancel_market_orders(""),
    ],
)
def test_everything_is_never_cancelled_by_an_empty_list(
    orders: OrdersGateway, service: ExchangeService, cancel: Callable[[OrdersGateway], object]
) -> None:
    """Betfair reads no instructions as all of the market, and no market as all of the account."""
    with pytest.raises(UsageError, match="Betfair would cancel everything"):
        cancel(orders)
    assert [] == service.calls


def test_a_market_is_cancelled_and_the_account_is(orders: OrdersGateway, service: ExchangeService) -> None:
    """Each has a method that says so; on the wire there are no instructions."""
    orders.cancel_market_orders("1.1")
    orders.cancel_all_orders()

    assert [{"marketId": "1.1"}, {}] == [parameters for _name, parameters in service.calls]


# --- what reads cannot bet ---


def test_what_reads_cannot_bet(connection: Connection, service: ExchangeService) -> None:
    """The gateway that reads has no method that bets, and what carries its calls refuses to."""
    reading = ReadingGateway(connection)

    for operation in operations.OPERATIONS.values():
        if operation.effect is not Effect.NOTHING:
            with pytest.raises(UsageError, match="and this gateway does not"):
                reading._channel.call(operation, PLACE)
            with pytest.raises(UsageError, match="changes something"):
                reading.batch([Call(operation, PLACE)])
    assert [] == service.calls
    bets = {"place", "cancel", "replace", "update", "heartbeat", "transfer", "create"}
    assert [] == [name for name in dir(reading) if bets & set(name.split("_"))]


@pytest.mark.parametrize(
    "permission",
    [None, True, "yes", object(), LivePermission("", "why"), LivePermission("me", "")],
)
def test_what_bets_takes_a_permission(connection: Connection, permission: Any) -> None:  # noqa: ANN401 - of any kind
    """Nothing but a permission with an account and a reason makes the object that bets."""
    with pytest.raises(UsageError, match="not permitted"):
        OrdersGateway(connection, permission)


def test_nothing_in_betflow_permits_to_bet() -> None:
    """The gate is closed: no module makes a permission, or the object that bets."""
    package = Path(betflow.__file__).parent
    made = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _called(node) in {"LivePermission", "OrdersGateway"}
    ]

    assert [] == made


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


# --- many calls ---


def test_requests_are_cut_and_answers_put_together(reading: ReadingGateway, service: ExchangeService) -> None:
    """Books of 100 markets with best offers are three requests and one answer."""
    service.results["listMarketBook"] = [
        lambda parameters: [
            {"marketId": each, "isMarketDataDelayed": True} for each in parameters["marketIds"]
        ]
    ]
    markets = tuple(f"1.{number}" for number in range(100))
    books = reading.list_market_book(
        ListMarketBook(
            market_ids=markets, price_projection=PriceProjection(price_data=(PriceData.EX_BEST_OFFERS,))
        )
    )

    assert (markets, 3) == (tuple(each.market_id for each in books), len(service.calls))


def test_a_catalogue_has_no_more_than_was_asked_for(
    reading: ReadingGateway, service: ExchangeService
) -> None:
    """Cut requests do not answer with more than the whole would."""
    service.results["listMarketCatalogue"] = [
        lambda parameters: [
            {"marketId": each, "marketName": "x"} for each in parameters["filter"]["marketIds"]
        ]
    ]
    wanted = MarketFilter(market_ids=tuple(str(number) for number in range(300)))

    assert 7 == len(reading.list_market_catalogue(ListMarketCatalogue(max_results=7, filter=wanted)))


def pages(key: str, items: list[dict[str, Any]], size: int) -> Callable[[dict[str, Any]], Any]:
    """Return a service that answers in pages, and says at the end that there might be more."""

    def page(parameters: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON has no narrower type
        start = parameters.get("fromRecord", 0)
        count = min(parameters.get("recordCount") or size, size)
        return {key: items[start : start + count], "moreAvailable": start < len(items)}

    return page


CURRENT = {
    "marketId": "1.1",
    "selectionId": 1,
    "handicap": 0.0,
    "priceSize": {"price": 2.0, "size": 2.0},
    "bspLiability": 0.0,
    "side": "BACK",
    "status": "EXECUTABLE",
    "orderType": "LIMIT",
    "placedDate": "2026-02-18T09:30:00.000Z",
}


def test_all_pages_are_read(reading: ReadingGateway, service: ExchangeService) -> None:
    """Pages are read until there is none, even where the last full one promises another."""
    current = [{"betId": str(number), **CURRENT} for number in range(10)]
    cleared = [{"betId": str(number)} for number in range(10)]
    items = [{"refId": str(number), "itemDate": "2026-02-18T09:30:00.000Z"} for number in range(10)]
    service.results["listCurrentOrders"] = [pages("currentOrders", current, 5)]
    service.results["listClearedOrders"] = [pages("clearedOrders", cleared, 4)]
    service.results["getAccountStatement"] = [pages("accountStatement", items, 3)]
    settled = ListClearedOrders(bet_status=BetStatus.SETTLED)

    expected = [str(number) for number in range(10)]
    assert expected == [each.bet_id for each in reading.list_current_orders()]
    assert expected == [each.bet_id for each in reading.list_cleared_orders(settled)]
    assert expected == [each.ref_id for each in reading.get_account_statement()]


def test_a_page_that_is_asked_for_is_the_only_one(reading: ReadingGateway, service: ExchangeService) -> None:
    """Who names a page gets that page."""
    items = [{"refId": str(number), "itemDate": "2026-02-18T09:30:00.000Z"} for number in range(10)]
    service.results["getAccountStatement"] = [pages("accountStatement", items, 100)]
    page = reading.get_account_statement(GetAccountStatement(from_record=4, record_count=2))

    assert (["4", "5"], 1) == ([each.ref_id for each in page], len(service.calls))


def test_a_batch_is_one_request_and_its_answers_are_told_apart(
    reading: ReadingGateway, service: ExchangeService, server: Loopback
) -> None:
    """Answers come in any order; a call that is refused has its error in its place."""
    service.results["listCountries"] = [service_error("TOO_MUCH_DATA")]
    calls: list[Call[Any]] = [
        Call(operations.LIST_EVENT_TYPES, ListEventTypes()),
        Call(operations.LIST_COUNTRIES, ListEventTypes()),
    ]
    sports, refusal = reading.batch(calls)

    assert isinstance(sports, tuple)
    assert (1, "TOO_MUCH_DATA") == (len(sports), refusal.code if isinstance(refusal, RefusedError) else None)
    assert 1 == len([each for each in server.received if "json-rpc" in each.path])
    assert () == reading.batch([])


def test_of_a_batch_only_what_failed_is_repeated(reading: ReadingGateway, service: ExchangeService) -> None:
    """A refused session, and trouble that may pass, concern single calls of a batch."""
    service.results["listCountries"] = [service_error("NO_SESSION"), service_error("SERVICE_BUSY"), []]
    calls: list[Call[Any]] = [
        Call(operations.LIST_EVENT_TYPES, ListEventTypes()),
        Call(operations.LIST_COUNTRIES, ListEventTypes()),
    ]

    assert () == reading.batch(calls)[1]
    assert (1, 3) == (service.names().count("listEventTypes"), service.names().count("listCountries"))


def test_a_batch_is_of_one_service(reading: ReadingGateway) -> None:
    """Services have addresses of their own."""
    calls: list[Call[Any]] = [
        Call(operations.LIST_EVENT_TYPES, ListEventTypes()),
        Call(operations.GET_ACCOUNT_FUNDS, GetAccountFunds()),
    ]
    with pytest.raises(UsageError, match="several services"):
        reading.batch(calls)


# --- answers that are odd ---


def test_what_is_odd_about_an_answer_is_a_finding(connection: Connection, service: ExchangeService) -> None:
    """The markets that can be understood are returned, and each kind of oddity is told once."""
    nameless = {"marketId": "1.1", "marketName": [], "runners": [{"selectionId": 1}]}
    service.results["listMarketCatalogue"] = [[nameless, nameless, {"marketName": "no id"}]]

    markets = ReadingGateway(connection).list_market_catalogue(ListMarketCatalogue(max_results=3))

    assert [("1.1", None)] * 2 == [(each.market_id, each.market_name) for each in markets]
    assert {"betfair.answer-odd"} == {each.code for each in connection.findings}
    assert [("[0].marketName", 2), ("[2]", 1), ("[2]", 1)] == [
        (each.where["path"], each.where["times"]) for each in connection.findings
    ]


def test_an_order_that_is_odd_moves_no_page(reading: ReadingGateway, service: ExchangeService) -> None:
    """An element that is left out is counted: the next page begins where Betfair's begins."""
    order = {"marketId": "1.1", "selectionId": 1}
    service.results["listCurrentOrders"] = [
        {"currentOrders": [{**order, "betId": "1"}, order], "moreAvailable": True},
        {"currentOrders": [{**order, "betId": "3"}], "moreAvailable": False},
    ]

    assert ["1", "3"] == [each.bet_id for each in reading.list_current_orders()]
    assert [0, 2] == [parameters["fromRecord"] for _name, parameters in service.calls]


# --- keeping ---


def test_replies_are_handed_on_as_they_were_received(
    connection: Connection, service: ExchangeService
) -> None:
    """With what was called and sent: refusals too, and each attempt, before anything reads them."""
    kept: list[tuple[str, Any, bytes]] = []

    def keep(name: str, request: bytes, reply: bytes) -> None:
        kept.append((name, json.loads(request)["method"], reply))

    service.results["listEventTypes"] = [service_error("SERVICE_BUSY"), Answer(b"no JSON"), SPORTS]
    gateway = ReadingGateway(replace(connection, keep=keep))
    with pytest.raises(UnreachableError, match="no answer of Betfair's"):
        gateway.list_event_types()
    gateway.list_event_types()

    assert {("listEventTypes", "SportsAPING/v1.0/listEventTypes")} == {each[:2] for each in kept}
    assert b"SERVICE_BUSY" in kept[0][2]
    assert b"no JSON" == kept[1][2]
    assert SPORTS == json.loads(kept[2][2])["result"]


@pytest.mark.parametrize("secret", [APP_KEY, "s3cret-token-1="])
def test_reply_that_repeats_a_secret_is_not_handed_on(
    connection: Connection, service: ExchangeService, secret: str
) -> None:
    """Neither the app key nor the session gets to who writes replies down; the call is none the worse."""
    kept: list[bytes] = []
    service.results["listEventTypes"] = [[{"eventType": {"id": "7", "name": secret}, "marketCount": 1}]]
    gateway = ReadingGateway(replace(connection, keep=lambda _name, _request, reply: kept.append(reply)))

    assert 1 == len(gateway.list_event_types())
    assert [] == kept


# --- limits ---


def test_no_second_has_more_calls_than_allowed(
    connected: Connecting, clock: Clock, service: ExchangeService
) -> None:
    """With ten calls a second the eleventh waits until the first is a second old."""
    reading = ReadingGateway(connected(policy=Policy(rate_limit=10)).connection)
    for _ in range(21):
        reading.list_event_types()

    assert ([1.0, 1.0], 21) == (clock.pauses, len(service.calls))


def test_gateways_of_a_connection_share_what_is_allowed(
    connected: Connecting, clock: Clock, service: ExchangeService
) -> None:
    """What reads and what bets make no more calls together than one of them may, whatever else is kept."""
    connection = connected(policy=Policy(rate_limit=2)).connection
    reading, bets = ReadingGateway(connection), OrdersGateway(connection, PERMISSION)
    ReadingGateway(replace(connection, keep=lambda *_: None)).list_event_types()
    reading.list_event_types()
    bets.place_orders(PLACE)

    assert ([1.0], 3) == (clock.pauses, len(service.calls))


def test_no_market_is_read_more_than_five_times_a_second(
    reading: ReadingGateway, service: ExchangeService, clock: Clock
) -> None:
    """The sixth book of a market waits; another market does not."""
    service.results["listMarketBook"] = service.results["listRunnerBook"] = [[]]
    for _ in range(5):
        reading.list_market_book(ListMarketBook(market_ids=("1.1",)))
    reading.list_market_book(ListMarketBook(market_ids=("1.2",)))
    assert [] == clock.pauses

    reading.list_runner_book(ListRunnerBook(market_id="1.1", selection_id=1))
    assert [1.0] == clock.pauses


ORDER_QUERIES: list[Callable[[ReadingGateway], object]] = [
    lambda g: g.list_current_orders(),
    lambda g: g.list_market_profit_and_loss(ListMarketProfitAndLoss(market_ids=("1.1",))),
    lambda g: g.list_market_book(ListMarketBook(market_ids=("1.1",), order_projection=OrderProjection.ALL)),
]


def test_three_order_queries_at_a_time(reading: ReadingGateway, service: ExchangeService) -> None:
    """However many threads ask for orders, in whatever way, three are with Betfair; other calls go on."""
    lock, leave, full = threading.Lock(), threading.Event(), threading.Event()
    inside, most = 0, 0

    def query(answer: Any) -> Callable[[dict[str, Any]], Any]:  # noqa: ANN401 - JSON has no narrower type
        def answered(_parameters: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON has no narrower type
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
                if inside == 3:
                    full.set()
            leave.wait(10)
            with lock:
                inside -= 1
            return answer

        return answered

    service.results["listCurrentOrders"] = [query({"currentOrders": [], "moreAvailable": False})]
    service.results["listMarketProfitAndLoss"] = service.results["listMarketBook"] = [query([])]
    with ThreadPoolExecutor(9) as threads:
        asked = [threads.submit(ORDER_QUERIES[number % 3], reading) for number in range(9)]
        assert full.wait(10)
        reading.list_event_types()
        leave.set()
        for each in asked:
            each.result(10)

    assert 3 == most


def test_a_thousand_instructions_a_second(
    orders: OrdersGateway, service: ExchangeService, clock: Clock
) -> None:
    """Betfair takes a thousand instructions a second; what is more waits."""
    many = PlaceOrders(market_id="1.1", instructions=(BET,) * 200, customer_ref="r")
    for _ in range(5):
        orders.place_orders(many)
    assert [] == clock.pauses
    orders.place_orders(PLACE)

    assert ([1.0], 6) == (clock.pauses, len(service.calls))


def test_after_ten_failures_there_is_a_pause(
    connected: Connecting, service: ExchangeService, clock: Clock
) -> None:
    """Ten calls on end without an answer, and none is made for 30 s; then one probes."""
    reading = ReadingGateway(connected(policy=Policy(retries=Retries(limit=0))).connection)
    service.results["listEventTypes"] = [*[DROP] * 10, SPORTS]
    for _ in range(10):
        with pytest.raises(UnreachableError, match="broke"):
            reading.list_event_types()

    clock.now_ms += 29_000
    with pytest.raises(UnreachableError, match=r"10 calls on end had no answer .* another 1 s") as held_back:
        reading.list_event_types()
    assert (Sent.NOT_SENT, 10) == (held_back.value.sent, len(service.calls))

    clock.now_ms += 1_000
    assert 1 == len(reading.list_event_types())


def test_refusals_are_answers(connected: Connecting, service: ExchangeService) -> None:
    """An exchange that answers, whatever it says, is there: refusals open no breaker."""
    reading = ReadingGateway(connected(policy=Policy(retries=Retries(limit=0))).connection)
    service.results["listEventTypes"] = [service_error("TOO_MUCH_DATA")]
    for _ in range(12):
        with pytest.raises(RefusedError):
            reading.list_event_types()


def test_cancelling_is_never_held_back(connected: Connecting, service: ExchangeService) -> None:
    """Where bets are held back after failures, and wait for their turn, to cancel goes out at once."""
    orders = OrdersGateway(connected(policy=Policy(rate_limit=1, breaker_threshold=1)).connection, PERMISSION)
    service.results["placeOrders"] = [DROP]
    with pytest.raises(UnknownOutcomeError):
        orders.place_orders(PLACE)
    with pytest.raises(UnreachableError, match="had no answer"):
        orders.place_orders(PLACE)

    assert "SUCCESS" == orders.cancel_orders(CANCEL).status
    assert "SUCCESS" == orders.cancel_all_orders().status
    assert [{}] == [parameters for _name, parameters in service.calls[-1:]]


BEATEN = {"actionPerformed": "NONE", "actualTimeoutSeconds": 10}
NO_ORDERS: dict[str, Any] = {"currentOrders": [], "clearedOrders": [], "moreAvailable": False}


def test_what_keeps_us_alive_and_finds_orders_is_never_held_back(
    connected: Connecting, service: ExchangeService, clock: Clock
) -> None:
    """With the breaker open, no call left in this second and every place taken, they go out at once."""
    connection = connected(policy=Policy(rate_limit=1, breaker_threshold=1)).connection
    orders, reading = OrdersGateway(connection, PERMISSION), ReadingGateway(connection)
    service.results |= {"placeOrders": [DROP], "heartbeat": [BEATEN]}
    service.results |= {"listCurrentOrders": [NO_ORDERS], "listClearedOrders": [NO_ORDERS]}
    refs = ("mine",)
    with pytest.raises(UnknownOutcomeError):
        orders.place_orders(PLACE)
    with pytest.raises(UnreachableError, match="had no answer"):
        reading.list_current_orders()
    waited = list(clock.pauses)

    with connection.allowance.slots([Call(operations.LIST_CURRENT_ORDERS, ListCurrentOrders())] * 3, 0.0):
        assert 10 == orders.heartbeat(Heartbeat(preferred_timeout_seconds=10)).actual_timeout_seconds
        for _ in range(4):
            assert () == reading.list_current_orders(
                ListCurrentOrders(customer_order_refs=refs), is_urgent=True
            )
        cleared = ListClearedOrders(bet_status=BetStatus.LAPSED, customer_order_refs=refs)
        assert () == reading.list_cleared_orders(cleared, is_urgent=True)
    assert waited == clock.pauses


def test_urgent_reads_do_not_wait_for_a_place(connected: Connecting, service: ExchangeService) -> None:
    """Where three queries of orders hang, the one that finds out what became of an order does not."""
    connection = connected().connection
    service.results["listCurrentOrders"] = [NO_ORDERS]
    current = Call(operations.LIST_CURRENT_ORDERS, ListCurrentOrders())
    with ExitStack() as stack:
        for _ in range(3):
            assert stack.enter_context(connection.allowance.slots([current], 0.0))
        assert () == ReadingGateway(connection).list_current_orders(is_urgent=True)


# --- the time that a call has ---


def test_an_order_is_not_sent_again_after_a_login_that_took_too_long(
    orders: OrdersGateway, service: ExchangeService, clock: Clock, server: Loopback
) -> None:
    """A refused session did nothing; when the login is through and the time is over, nothing was sent."""
    service.results["placeOrders"] = [service_error("INVALID_SESSION_INFORMATION"), PLACED]

    def slow_login(request: Received) -> Answer:
        clock.now_ms += 40_000 if "/api/" in request.path and service.calls else 0
        return service(request)

    server.script = slow_login
    with pytest.raises(UnreachableError, match=r"the 30 s that it may take .* it was not sent") as late:
        orders.place_orders(PLACE, within_s=30.0)
    assert (Sent.NOT_SENT, ["placeOrders"]) == (late.value.sent, service.names())
    assert "ref-1" == late.value.ids["customerRef"]

    assert "SUCCESS" == orders.place_orders(PLACE, within_s=30.0).status


def test_an_order_does_not_wait_longer_for_its_turn_than_it_has(
    connected: Connecting, service: ExchangeService, clock: Clock
) -> None:
    """What would have to wait too long is not sent, and nothing is waited for."""
    orders = OrdersGateway(connected(policy=Policy(rate_limit=1)).connection, PERMISSION)
    orders.place_orders(PLACE)

    with pytest.raises(UnreachableError, match=r"the 0\.5 s .* not sent"):
        orders.place_orders(PLACE, within_s=0.5)
    assert ([], 1) == (clock.pauses, len(service.calls))


def test_a_query_of_orders_waits_for_its_place_no_longer_than_it_has(
    connected: Connecting, service: ExchangeService
) -> None:
    """Three queries that hang do not hold up the fourth for ever."""
    connection = connected(policy=Policy(call_timeout_s=0.05)).connection
    service.results["listCurrentOrders"] = [NO_ORDERS]
    current = Call(operations.LIST_CURRENT_ORDERS, ListCurrentOrders())
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(connection.allowance.slots([current], 0.0))
        with pytest.raises(UnreachableError, match="not sent"):
            ReadingGateway(connection).list_current_orders()
    assert () == ReadingGateway(connection).list_current_orders()


def test_repetitions_end_with_the_time_of_the_call(
    connected: Connecting, service: ExchangeService, clock: Clock
) -> None:
    """Of pauses of 100, 200 and 400 ms only those are made that leave time for another attempt."""
    reading = ReadingGateway(connected(policy=Policy(call_timeout_s=0.25)).connection)
    service.results["listEventTypes"] = [DROP]

    with pytest.raises(UnreachableError, match="broke"):
        reading.list_event_types()
    assert ([0.1], 2) == (clock.pauses, len(service.calls))


def test_an_answer_that_trickles_in_is_waited_for_as_long_as_the_call_has(
    orders: OrdersGateway, service: ExchangeService
) -> None:
    """Then the outcome of an order is unknown: Betfair has begun to answer."""
    service.results["placeOrders"] = [Answer(b"{" + b" " * 1000 + b"}", drip=True)]

    with pytest.raises(UnknownOutcomeError, match=r"no answer within 0\.3 s"):
        orders.place_orders(PLACE, within_s=0.3)


def test_a_call_that_is_interrupted_leaves_the_probe_to_the_next(
    connected: Connecting, service: ExchangeService, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of the probe does not leave the breaker waiting for it forever."""
    made = connected(policy=Policy(retries=Retries(limit=0), breaker_threshold=1))
    reading = ReadingGateway(made.connection)
    service.results["listEventTypes"] = [DROP, SPORTS]
    with pytest.raises(UnreachableError):
        reading.list_event_types()
    clock.now_ms += 30_000
    with monkeypatch.context() as patch:
        patch.setattr(made.connection.transport, "exchange", interrupted)
        with pytest.raises(KeyboardInterrupt):
            reading.list_event_types()

    assert 1 == len(reading.list_event_types())


def interrupted(_request: object, **_within: float) -> object:
    """Behave as a call during which somebody pressed Ctrl-C."""
    raise KeyboardInterrupt


def test_sessions_are_kept_and_ended_by_the_gateway(
    reading: ReadingGateway, service: ExchangeService
) -> None:
    """Who reads can log in, keep alive and log out."""
    reading.log_in()
    reading.keep_alive()

    assert (True, ["certlogin", "keepAlive", "logout"]) == (reading.log_out(), service.identity.calls)


def test_a_channel_carries_what_it_was_made_for(connection: Connection) -> None:
    """A channel without effects carries nothing at all."""
    with pytest.raises(UsageError, match="listEventTypes changes nothing, and this gateway does not"):
        Channel(connection, frozenset()).call(operations.LIST_EVENT_TYPES, ListEventTypes())


def test_orders_of_many_pages_are_asked_for_by_id(reading: ReadingGateway, service: ExchangeService) -> None:
    """More ids than a request takes are several requests, each with all its pages."""
    service.results["listCurrentOrders"] = [{"currentOrders": [], "moreAvailable": False}]
    reading.list_current_orders(ListCurrentOrders(bet_ids=tuple(str(number) for number in range(600))))

    assert [250, 250, 100] == [len(parameters["betIds"]) for _name, parameters in service.calls]
