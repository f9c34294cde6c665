"""A planted secret is in nothing that any failure leaves behind: not in texts, not in frames, not in logs."""

import io
import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from betflow.betfair.allowance import Policy
from betflow.betfair.orders import LivePermission, OrdersGateway
from betflow.betfair.reading import ReadingGateway
from betflow.betfair.retries import Retries
from betflow.errors import BetflowError
from betflow.logs import configure_logs, log
from betflow.wire.betting import CancelOrders
from exchange_service import Connected, ExchangeService, connect, service_error
from identity_service import Clock
from loopback import DROP, STALL, Answer, loopback

PLANTED = "s3cret"
"""Every secret of the tests begins with it: password, app key, session tokens."""

TESTS = Path(__file__).resolve().parents[2]
ECHO = b"s3cret-password s3cret-app-key s3cret-token-1= password=s3cret-password"


def reading(connected: Connected) -> object:
    """Read something."""
    return ReadingGateway(connected.connection).list_event_types()


def menu(connected: Connected) -> object:
    """Fetch the menu."""
    return ReadingGateway(connected.connection).navigation_menu()


def cancelling(connected: Connected) -> object:
    """Change something."""
    orders = OrdersGateway(connected.connection, LivePermission("me", "a test"))
    return orders.cancel_orders(CancelOrders(market_id="1.1"))


def logging_out(connected: Connected) -> object:
    """End the session."""
    connected.connection.session.token()
    return ReadingGateway(connected.connection).log_out()


def echoing(code: str) -> dict[str, Any]:
    """Return a refusal that tells what it was sent, in every field that it has."""
    error = service_error(code, ECHO.decode())
    error["error"]["data"]["APINGException"]["requestUUID"] = "s3cret-app-key"
    return error


# What is answered to everything of an operation.
ANSWERS: dict[str, Any] = {
    "dropped": DROP,
    "stalled": STALL,
    "cut": Answer(ECHO, cut=True),
    "html": Answer(b"<html><title>%s</title></html>" % ECHO, content_type="text/html"),
    "type": Answer(ECHO, content_type="s3cret-password"),
    "unavailable": Answer(ECHO, 503),
    "forbidden": Answer(ECHO, 403),
    "redirected": Answer(ECHO, 302, headers={"Location": "/?password=s3cret-password"}),
    "fault": Answer(
        json.dumps({"faultcode": "Client", "faultstring": "s3cret-app-key", "detail": {}}).encode(), 400
    ),
    "json": Answer(json.dumps({"echo": ECHO.decode()}).encode()),
    "list": Answer(b"[%s]" % json.dumps(ECHO.decode()).encode()),
    "status": Answer(b'{"loginStatus":"s3cret-password","status":"s3cret-app-key","error":"s3cret-app-key"}'),
    "bytes": Answer(b"\xff" + ECHO),
}
REFUSALS = {
    "session": echoing("INVALID_SESSION_INFORMATION"),
    "busy": echoing("SERVICE_BUSY"),
    "input": echoing("INVALID_INPUT_DATA"),
    "code": echoing("s3cret-app-key"),
    "message": {"error": {"code": -32600, "message": "s3cret-app-key"}},
    "wrong": {"status": {"s3cret-password": 1}, "eventType": "s3cret-password", "type": []},
}
ACTS: dict[str, tuple[str, Callable[[Connected], object]]] = {
    "read": ("listEventTypes", reading),
    "menu": ("menu", menu),
    "cancel": ("cancelOrders", cancelling),
}


def left_behind(failure: BaseException) -> str:
    """Return what can be seen of a failure: texts, logs, and variables of frames that are not a test's."""
    stream = io.StringIO()
    configure_logs(level="debug", stream=stream)
    log("error", "failed", exc_info=failure, problem=failure, text=repr(failure))
    seen = [stream.getvalue(), "".join(traceback.format_exception(failure))]
    chain: list[BaseException | None] = [failure]
    while chain:
        current = chain.pop()
        if current is None:
            continue
        chain += [current.__cause__, current.__context__]
        seen += [str(current), repr(current), str(vars(current))]
        seen += [
            str(frame.f_locals)
            for frame, _line in traceback.walk_tb(current.__traceback__)
            if not Path(frame.f_code.co_filename).is_relative_to(TESTS)
        ]
    return "".join(seen)


def check(folder: Path, service: ExchangeService, act: Callable[[Connected], object]) -> None:
    """Act at a server that fails, and look for the planted secrets in what is left behind."""
    with loopback(folder, service) as server:
        made = connect(server, folder, Clock(), policy=Policy(retries=Retries(limit=1)), read_timeout_s=0.1)
        try:
            with pytest.raises(BetflowError) as raised:
                act(made)
            shown = left_behind(raised.value) + repr(made.connection) + repr(made.troubles)
        finally:
            made.close()

    assert [] == [
        shown[max(0, at - 150) : at + 60] for at in range(len(shown)) if shown.startswith(PLANTED, at)
    ]
    assert raised.value.advice


def test_no_secret_is_in_what_is_told_of_an_odd_answer(tmp_path: Path) -> None:
    """Neither values nor names that are not Betfair's are quoted from an answer that is odd."""
    odd = {"eventType": {"id": ["s3cret-password"], "s3cret-app-key": 1}, "marketCount": "s3cret-password"}
    with loopback(tmp_path, ExchangeService({"listEventTypes": [[odd, "s3cret-password"]]})) as server:
        made = connect(server, tmp_path, Clock())
        reading(made)
        told = repr(made.connection.findings)
        made.close()

    assert "marketCount" in told
    assert "s3cret" not in told


@pytest.mark.parametrize("failure", [*ANSWERS, *REFUSALS])
@pytest.mark.parametrize("act", ACTS)
def test_no_secret_is_left_behind_by_a_call(tmp_path: Path, act: str, failure: str) -> None:
    """However a call fails, and whatever comes back, no secret can be seen afterwards."""
    operation, acting = ACTS[act]

    check(tmp_path, ExchangeService({operation: [{**ANSWERS, **REFUSALS}[failure]]}), acting)


@pytest.mark.parametrize("failure", ANSWERS)
def test_no_secret_is_left_behind_by_a_login(tmp_path: Path, failure: str) -> None:
    """The same for logins, with the password in the request."""
    service = ExchangeService({"listEventTypes": [[]]})
    service.identity.instead["certlogin"] = [ANSWERS[failure]] * 9

    check(tmp_path, service, reading)


@pytest.mark.parametrize("failure", [name for name in ANSWERS if name != "status"])
def test_no_secret_is_left_behind_by_a_logout(tmp_path: Path, failure: str) -> None:
    """The same for the end of a session."""
    service = ExchangeService({})
    service.identity.instead["logout"] = [ANSWERS[failure]] * 9

    check(tmp_path, service, logging_out)


def test_the_search_finds_what_is_there() -> None:
    """A secret in a variable of a frame is seen by the search that finds none above."""
    content = f"def failing():\n    password = '{PLANTED}-password'\n    raise ValueError(len(password))"
    elsewhere: dict[str, Callable[[], None]] = {}
    exec(compile(content, "elsewhere.py", "exec"), elsewhere)  # noqa: S102 - a frame that is not a test's

    with pytest.raises(ValueError, match="15") as raised:
        elsewhere["failing"]()
    assert PLANTED in left_behind(raised.value)
