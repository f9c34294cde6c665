"""Parameters are read as leniently as Betfair reads them."""

import json
from typing import Any

import pytest

from betflow.sandbox.services.envelopes import Misunderstood, calls_of
from betflow.sandbox.services.parameters import names_of, parameters_of
from betflow.wire.betting import CancelInstruction, LimitOrder, PlaceOrders
from betflow.wire.enums import OrderType, PersistenceType, Side
from betflow.wire.operations import (
    CANCEL_ORDERS,
    HEARTBEAT,
    LIST_EVENTS,
    LIST_TIME_RANGES,
    OPERATIONS,
    PLACE_ORDERS,
    Api,
    Operation,
)
from interface import interface
from tapes import shared_responses


def refused(operation: Operation[Any, Any], content: str) -> tuple[int, str]:
    """Return how parameters are refused."""
    with pytest.raises(Misunderstood) as caught:
        parameters_of(operation, content.encode())
    return caught.value.code, caught.value.dsc


def test_every_recorded_request_is_understood() -> None:
    """Whatever has a number where a text belongs, or the other way round."""
    folder = shared_responses() / "betfair_parser_requests"
    for name, api in (("accounts", Api.ACCOUNT), ("betting", Api.BETTING)):
        for path in (folder / name).iterdir():
            (call,), _ = calls_of(path.read_bytes(), api)
            assert isinstance(call.operation, Operation), path.name
            assert isinstance(parameters_of(call.operation, call.parameters), call.operation.parameters)


def test_numbers_come_as_text() -> None:
    """In the documentation's own samples they do."""
    content = {
        "marketId": "1.5",
        "instructions": [
            {
                "orderType": "LIMIT",
                "selectionId": "237486",
                "handicap": "-0.5",
                "side": "BACK",
                "limitOrder": {"size": "2", "price": "3.5", "persistenceType": "LAPSE"},
            }
        ],
        "async": "true",
    }
    request = parameters_of(PLACE_ORDERS, json.dumps(content).encode())
    assert isinstance(request, PlaceOrders)
    (instruction,) = request.instructions
    assert (237486, -0.5, OrderType.LIMIT, Side.BACK, True) == (
        instruction.selection_id,
        instruction.handicap,
        instruction.order_type,
        instruction.side,
        request.async_,
    )
    assert LimitOrder(size=2.0, price=3.5, persistence_type=PersistenceType.LAPSE) == instruction.limit_order


def test_ids_come_as_numbers() -> None:
    """And are text from then on."""
    request = parameters_of(
        CANCEL_ORDERS, b'{"marketId":"1.1","instructions":[{"betId":49,"sizeReduction":0.5}]}'
    )
    assert (CancelInstruction(bet_id="49", size_reduction=0.5),) == request.instructions


def test_what_there_is_not_is_ignored() -> None:
    """Betfair takes parameters away now and then."""
    assert (
        10
        == parameters_of(
            HEARTBEAT, b'{"preferredTimeoutSeconds":10,"colour":"red"}'
        ).preferred_timeout_seconds
    )


@pytest.mark.parametrize(
    ("operation", "content", "dsc"),
    [
        (HEARTBEAT, "{}", "DSC-0018"),
        (PLACE_ORDERS, '{"marketId":"1.1"}', "DSC-0018"),
        (PLACE_ORDERS, '{"marketId":"1.1","instructions":[{}]}', "DSC-0018"),
        (HEARTBEAT, "[]", "DSC-0018"),
        (HEARTBEAT, "[10,20]", "DSC-0044"),
        (LIST_EVENTS, "{}", "DSC-0018"),
        (LIST_EVENTS, '{"filter":null}', "DSC-0018"),
        (LIST_EVENTS, "[]", "DSC-0018"),
        (LIST_EVENTS, "[", "DSC-0008"),
        (HEARTBEAT, '{"preferredTimeoutSeconds":"soon"}', "DSC-0044"),
        (HEARTBEAT, "7", "DSC-0044"),
        (LIST_TIME_RANGES, '{"filter":{},"granularity":"YEARS"}', "DSC-0044"),
        (PLACE_ORDERS, '{"marketId":{},"instructions":[]}', "DSC-0044"),
    ],
)
def test_what_is_missing_and_what_is_wrong_are_told_apart(
    operation: Operation[Any, Any], content: str, dsc: str
) -> None:
    """By the framework's numbers."""
    assert (-32700 if dsc == "DSC-0008" else -32602, dsc) == refused(operation, content)


def test_parameters_come_in_the_order_of_their_definition() -> None:
    """In an array, without names."""
    assert 10 == parameters_of(HEARTBEAT, b"[10]").preferred_timeout_seconds
    request = parameters_of(LIST_TIME_RANGES, b'[{"inPlayOnly":true},"DAYS"]')
    assert (True, "DAYS") == (request.filter.in_play_only, request.granularity)


def test_the_order_is_that_of_the_published_definitions() -> None:
    """What was added since comes behind it."""
    for operation in OPERATIONS.values():
        if operation.api is not Api.SCORES:
            defined = [each.name for each in interface(operation.api.value).operations[operation.name]]
            assert defined == list(names_of(operation.parameters))[: len(defined)], operation.name


def test_parameters_that_are_nested_too_deeply_are_wrong() -> None:
    """And nothing breaks."""
    deep = '{"instructions":[],"marketId":' + "[" * 900 + "]" * 900 + "}"
    assert (-32602, "DSC-0044") == refused(PLACE_ORDERS, deep)
