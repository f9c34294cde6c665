"""JSON-RPC and REST as Betfair's framework reads and writes them."""

import json
from typing import Any

import pytest

from betflow.sandbox.services.envelopes import (
    Misunderstood,
    calls_of,
    defined_code,
    exception,
    misunderstanding,
    operation_of,
    rest_exception,
    rest_misunderstanding,
    result_of,
)
from betflow.wire.enums import ServiceErrorCode
from betflow.wire.operations import LIST_EVENT_TYPES, PLACE_ORDERS, Api
from interface import interface
from tapes import shared_responses

UUID = "sbx01-07041300-0000000001"


def recorded(name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a recorded answer of the accounts service."""
    return json.loads((shared_responses() / "betfair_parser" / "accounts" / name).read_text())


def test_a_call_is_understood_whatever_its_id() -> None:
    """The id is given back as it came."""
    for number in (b"1", b'"a"', b"null", b'{"x":[1]}'):
        body = b'{"jsonrpc":"2.0","method":"SportsAPING/v1.0/listEventTypes","params":{"filter":{}},"id":%b}'
        (call,), is_batch = calls_of(body % number, Api.BETTING)
        assert (LIST_EVENT_TYPES, b'{"filter":{}}', number, False) == (
            call.operation,
            call.parameters,
            call.id,
            is_batch,
        )


def test_a_batch_is_a_list_of_calls() -> None:
    """Betfair's own samples are lists of one."""
    body = b'\n [{"method":"SportsAPING/v1.0/listEventTypes"},{"method":"SportsAPING/v1.0/placeOrders"}]'
    calls, is_batch = calls_of(body, Api.BETTING)
    assert is_batch
    assert [LIST_EVENT_TYPES, PLACE_ORDERS] == [call.operation for call in calls]
    assert [b"{}", b"{}"] == [call.parameters for call in calls]


@pytest.mark.parametrize(
    "method",
    ["sportsaping/v1.0/LISTEVENTTYPES", "SportsAPING/v1/listEventTypes", "SportsAPING/v1.7/listEventTypes"],
)
def test_methods_are_found_in_any_case_and_minor_version(method: str) -> None:
    """As the framework does it."""
    assert LIST_EVENT_TYPES == operation_of(Api.BETTING, method)


@pytest.mark.parametrize(
    ("api", "method"),
    [
        (Api.BETTING, "SportsAPING/v1.0/listNothing"),
        (Api.BETTING, "SportsAPING/v2.0/listEventTypes"),
        (Api.BETTING, "listEventTypes"),
        (Api.ACCOUNT, "SportsAPING/v1.0/listEventTypes"),
    ],
)
def test_a_service_knows_its_own_operations_only(api: Api, method: str) -> None:
    """Others are not found there."""
    found = operation_of(api, method)
    assert isinstance(found, Misunderstood)
    assert (-32601, "DSC-0021", 404) == (found.code, found.dsc, found.status)


@pytest.mark.parametrize(
    ("body", "code", "dsc"),
    [
        (b"", -32700, "DSC-0008"),
        (b"{", -32700, "DSC-0008"),
        (b"[{]", -32700, "DSC-0008"),
        (b"[" * 100_000, -32700, "DSC-0008"),
        (b'{"method":"m","params":' + b"[" * 100_000, -32700, "DSC-0008"),
        (b"[]", -32600, "DSC-0031"),
        (b"[" + b"{}," * 500 + b"{}]", -32600, "DSC-0031"),
    ],
)
def test_what_is_no_request_is_refused_as_a_whole(body: bytes, code: int, dsc: str) -> None:
    """Also what is nested deeper than anybody needs."""
    with pytest.raises(Misunderstood) as caught:
        calls_of(body, Api.BETTING)
    assert (code, dsc) == (caught.value.code, caught.value.dsc)


@pytest.mark.parametrize("body", [b"{}", b"7", b'"x"', b'{"method":7}', b"[7]"])
def test_json_that_is_no_call_is_refused_by_itself(body: bytes) -> None:
    """The other calls of a batch go on."""
    (call,), _ = calls_of(body, Api.BETTING)
    assert isinstance(call.operation, Misunderstood)
    assert -32600 == call.operation.code


def test_a_result_stands_between_version_and_id() -> None:
    """In this order."""
    assert b'{"jsonrpc":"2.0","result":[],"id":"7"}' == result_of(b"[]", b'"7"')


def test_errors_look_as_they_were_recorded() -> None:
    """Keys and all, but for the name of the call."""
    expected = recorded("get_account_funds_error_no_appkey.json")
    details = expected["error"]["data"]["AccountAPINGException"]
    ours = exception(Api.ACCOUNT, ServiceErrorCode.NO_APP_KEY, "", details["requestUUID"], b"1")
    assert expected == json.loads(ours)
    wrong = recorded("get_account_funds_error_invalid_parameters.json")
    assert wrong == json.loads(misunderstanding(Misunderstood(-32602, "DSC-0018"), b"1"))


@pytest.mark.parametrize(
    ("api", "code", "message"),
    [
        (Api.BETTING, ServiceErrorCode.TOO_MUCH_DATA, "ANGX-0001"),
        (Api.BETTING, ServiceErrorCode.ACCESS_DENIED, "ANGX-0015"),
        (Api.ACCOUNT, ServiceErrorCode.INVALID_GRANT_TYPE, "AANGX-0021"),
        (Api.HEARTBEAT, ServiceErrorCode.UNEXPECTED_ERROR, "HBT-0006"),
    ],
)
def test_codes_have_the_numbers_of_the_published_definitions(
    api: Api, code: ServiceErrorCode, message: str
) -> None:
    """With the prefix of the service."""
    error = json.loads(exception(api, code, "", UUID, b"1"))["error"]
    assert (-32099, message) == (error["code"], error["message"])


def test_rest_answers_with_a_fault_document() -> None:
    """With a status that says whose fault it is."""
    status, body = rest_exception(Api.BETTING, ServiceErrorCode.INVALID_SESSION_INFORMATION, "", UUID)
    exception_ = {"requestUUID": UUID, "errorCode": "INVALID_SESSION_INFORMATION", "errorDetails": ""}
    expected = {
        "detail": {"APINGException": exception_, "exceptionname": "APINGException"},
        "faultcode": "Client",
        "faultstring": "ANGX-0003",
    }
    assert (400, expected) == (status, json.loads(body))
    assert 500 == rest_exception(Api.BETTING, ServiceErrorCode.SERVICE_BUSY, "", UUID)[0]
    status, body = rest_misunderstanding(Misunderstood(-32601, "DSC-0021", 404))
    assert (404, {"detail": {}, "faultcode": "Client", "faultstring": "DSC-0021"}) == (
        status,
        json.loads(body),
    )


def test_a_service_has_no_number_for_the_code_of_another() -> None:
    """So it says that something unexpected happened."""
    with pytest.raises(ValueError, match="not in tuple"):
        exception(Api.ACCOUNT, ServiceErrorCode.TOO_MUCH_DATA, "", UUID, b"1")
    assert ServiceErrorCode.UNEXPECTED_ERROR == defined_code(Api.ACCOUNT, "TOO_MUCH_DATA")
    assert ServiceErrorCode.TOO_MUCH_DATA == defined_code(Api.BETTING, "TOO_MUCH_DATA")


@pytest.mark.parametrize(
    ("name", "api"),
    [("SportsAPING", Api.BETTING), ("AccountAPING", Api.ACCOUNT), ("HeartbeatAPING", Api.HEARTBEAT)],
)
def test_the_numbers_are_those_of_the_published_definitions(name: str, api: Api) -> None:
    """Each code has its own."""
    numbered = interface(name).exceptions
    messages = [
        json.loads(exception(api, ServiceErrorCode(code), "", UUID, b"1"))["error"]["message"]
        for code in numbered
    ]
    assert [f"{number:04d}" for number in range(1, len(numbered) + 1)] == [each[-4:] for each in messages]
