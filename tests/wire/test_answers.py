"""Every recorded answer of the identity service and of JSON-RPC decodes, and nothing in it is lost."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from betflow.wire import identity, json_rpc, operations
from betflow.wire.navigation import NavigationNode
from betflow.wire.operations import OPERATIONS, Operation
from tapes import shared_responses

# Which type a recorded answer has that is not in an envelope of JSON-RPC.
PLAIN: dict[str, type[msgspec.Struct]] = {
    "cert_login.json": identity.CertLogin,
    "login_success.json": identity.CertLogin,
    "login_fail.json": identity.CertLogin,
    "login_interactive_success.json": identity.IdentityAnswer,
    "login_interactive_fail.json": identity.IdentityAnswer,
    "keep_alive.json": identity.IdentityAnswer,
    "keep_alive_success.json": identity.IdentityAnswer,
    "keep_alive_fail.json": identity.IdentityAnswer,
    "logout.json": identity.IdentityAnswer,
    "logout_success.json": identity.IdentityAnswer,
    "logout_fail.json": identity.IdentityAnswer,
    "navigation_menu.json": NavigationNode,
}

# Recorded, and not of an operation of these APIs.
EXCLUDED = {
    "availableevents.json": "the in-play service, which is no part of the published APIs",
    "eventtimeline.json": "the in-play service",
    "incidents.json": "a score service that Betfair has switched off",
    "score.json": "a score service that Betfair has switched off",
    "scores.json": "the in-play service",
    "racedetails.json": "one race out of an answer; list_race_details.json is the whole",
}

# What answers have and the types leave out.
LEFT_OUT: set[str] = set()

_SAMPLES = {"market_catalog": "market_catalogue", "heartbeat_success": "heartbeat"}


def _files() -> list[Path]:
    folder = shared_responses()
    found = [*(folder / "betfairlightweight").iterdir(), *(folder / "betfair_parser").rglob("*.json")]
    return sorted(each for each in found if "streaming" not in each.name and each.parent.name != "streaming")


def _operation(file: Path) -> Operation[Any, Any]:
    """Return the operation whose answer a file is, from its name: ``list_market_book_no_rollup.json``."""
    name = file.stem
    for written, meant in _SAMPLES.items():
        name = re.sub(rf"{written}(?!ue)", meant, name)
    by_name = {_snake(each.name): each for each in OPERATIONS.values()}
    return by_name[max((each for each in by_name if name.startswith(each)), key=len)]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def test_every_recorded_answer_decodes_and_nothing_is_lost() -> None:
    """A recorded answer becomes the type of its operation, and encoded again it has every recorded field."""
    decoded: set[str] = set()
    lost: list[str] = []
    for file in _files():
        if file.name in EXCLUDED:
            continue
        content = file.read_bytes()
        if file.name in PLAIN:
            recorded = json.loads(content)
            answer = msgspec.json.decode(content, type=PLAIN[file.name], strict=False)
        else:
            response = json_rpc.decode_responses(content)
            assert isinstance(response, json_rpc.Response)
            if response.error is not None:
                recorded, answer = json.loads(content)["error"], response.error
            else:
                recorded = json.loads(content)["result"]
                answer = _operation(file).decoder.decode(bytes(response.result))
        lost += [f"{file.name}{each}" for each in _lost(recorded, msgspec.to_builtins(answer), "")]
        decoded.add(file.name)

    assert LEFT_OUT == set(lost)
    assert len(decoded) > 45


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("NO_APP_KEY", "get_account_funds_error_no_appkey.json"),
        (None, "get_account_funds_error_invalid_parameters.json"),
    ],
)
def test_a_service_exception_is_found_by_whatever_name(code: str | None, name: str) -> None:
    """The exception of each service has another name; an error without one is the framework's."""
    file = shared_responses() / "betfair_parser" / "accounts" / name
    response = json_rpc.decode_responses(file.read_bytes())

    assert isinstance(response, json_rpc.Response)
    assert response.error is not None
    exception = response.error.exception
    assert code == (None if exception is None else exception.error_code)


def test_what_is_new_costs_no_answer() -> None:
    """Fields and values that Betfair adds are passed over: above all in a report on a bet that stands."""
    report = operations.PLACE_ORDERS.decoder.decode(
        b'{"status":"NEW","new":1,"errorCode":"NEW","instructionReports":[{"status":"NEW","errorCode":"NEW",'
        b'"orderStatus":"NEW","betId":"7","new":{},"instruction":{"orderType":"LIMIT","selectionId":1,'
        b'"side":"BACK"}}]}'
    )

    assert ("NEW", "7") == (report.status, report.instruction_reports[0].bet_id)


def test_a_report_without_instructions_decodes() -> None:
    """A report that says only how the request ended is one, and is written with an empty list."""
    report = operations.PLACE_ORDERS.decoder.decode(b'{"status":"TIMEOUT"}')

    assert () == report.instruction_reports
    assert b'{"status":"TIMEOUT","instructionReports":[]}' == msgspec.json.encode(report)


@pytest.mark.parametrize("answer", [identity.CertLogin, identity.IdentityAnswer])
def test_an_answer_with_a_token_does_not_show_it(answer: type[msgspec.Struct]) -> None:
    """The identity service's answers hide the session token."""
    content = b'{"loginStatus":"SUCCESS","status":"SUCCESS","sessionToken":"s3cret","token":"s3cret"}'
    decoded = msgspec.json.decode(content, type=answer)

    assert "s3cret" not in repr(decoded)
    assert "SUCCESS" in repr(decoded)


def test_the_filter_is_always_sent() -> None:
    """The filter is mandatory, and one without fields takes everything."""
    everything = operations.LIST_EVENT_TYPES.parameters()

    assert b'{"filter":{}}' == msgspec.json.encode(everything)


def _lost(recorded: object, ours: object, place: str) -> list[str]:
    """Name the fields of a recorded value that are missing from the value it was decoded to, or differ."""
    match recorded, ours:
        case dict(), dict():
            return [
                each
                for key, value in recorded.items()
                for each in _lost(value, ours.get(key), f"{place}.{key}")
            ]
        case list(), list() | tuple() if len(recorded) == len(ours):
            return [each for pair in zip(recorded, ours, strict=True) for each in _lost(*pair, place)]
        case str(), int() | float():
            same = float(recorded) == ours or recorded == "NaN"  # a number in quotes
        case _:
            same = recorded == ours
    return [] if same else [place]
