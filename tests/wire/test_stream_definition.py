"""The stream's types are those of the published definition, but for what is listed with its reason."""

import json
import types
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin

import msgspec
import pytest

from betflow.wire import enums, stream
from tapes import shared_reference

# The definition's messages, by our names where they differ.
REQUESTS: dict[str, type[msgspec.Struct]] = {
    "AuthenticationMessage": stream.Authentication,
    "MarketSubscriptionMessage": stream.MarketSubscription,
    "OrderSubscriptionMessage": stream.OrderSubscription,
    "HeartbeatMessage": stream.HeartbeatRequest,
}
NO_MESSAGES = {"RequestMessage", "ResponseMessage", "AllRequestTypesExample", "AllResponseTypesExample"}

# Not in the definition, and in ours.
ADDED = {
    "MarketDefinition": {
        "name": "official historic files have it",
        "eventName": "official historic files have it",
        "competitionId": "recorded",
        "competitionName": "recorded",
    },
    "RunnerDefinition": {"name": "official historic files have it"},
}

# Of another type than in the definition.
OTHERWISE = {
    ("MarketChangeMessage", "clk"): "null and numbers were recorded too",
    ("OrderChangeMessage", "clk"): "as in market messages",
    ("MarketSubscription", "clk"): "what was received is sent back as it was",
    ("OrderSubscription", "clk"): "what was received is sent back as it was",
}

ENUMS: dict[tuple[str, str], type[StrEnum]] = {
    ("StatusMessage", "errorCode"): enums.StreamErrorCode,
    ("StatusMessage", "statusCode"): enums.StatusCode,
    ("MarketChangeMessage", "ct"): enums.ChangeType,
    ("OrderChangeMessage", "ct"): enums.ChangeType,
    ("MarketChangeMessage", "segmentType"): enums.SegmentType,
    ("OrderChangeMessage", "segmentType"): enums.SegmentType,
    ("MarketDefinition", "status"): enums.MarketStatus,
    ("RunnerDefinition", "status"): enums.RunnerStatus,
    ("PriceLadderDefinition", "type"): enums.LadderType,
    ("Order", "side"): enums.StreamSide,
    ("Order", "status"): enums.StreamOrderStatus,
    ("Order", "pt"): enums.StreamPersistenceType,
    ("Order", "ot"): enums.StreamOrderType,
}
# FIXED_ODDS is in the betting API's definition and not in the stream's: one enum serves both.
OTHER_ENUMS = {("MarketDefinition", "bettingType")}

KINDS: dict[Any, str] = {int: "integer", float: "number", str: "string", bool: "boolean"}


@cache
def _definitions() -> dict[str, Any]:
    text = (shared_reference() / "interface" / "ESASwaggerSchema.json").read_text()
    definitions: dict[str, Any] = json.loads(text)["definitions"]
    return {name: each for name, each in definitions.items() if name not in NO_MESSAGES}


def _properties(name: str) -> dict[str, Any]:
    """Return the properties of a definition, with the id that all messages inherit."""
    definition = _definitions()[name]
    parts = definition.get("allOf", [definition])
    inherited = {"id": {"type": "integer"}} if "allOf" in definition else {}
    return inherited | {key: each for part in parts for key, each in part.get("properties", {}).items()}


def _type(name: str) -> type[msgspec.Struct]:
    found: type[msgspec.Struct] = getattr(stream, name, None) or REQUESTS[name]
    return found


def _fields(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {each.encode_name: each.type for each in msgspec.structs.fields(struct)}


def _kind(annotation: Any) -> str:  # noqa: ANN401 - whatever a field may be
    """Return what JSON calls a type; several in one are joined."""
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = {_kind(each) for each in get_args(annotation) if each is not type(None)}
        return "|".join(sorted(kinds))
    if get_origin(annotation) in (list, tuple):
        return "array"
    return KINDS.get(annotation, "object")


def test_every_definition_has_its_type() -> None:
    """Whatever the definition defines, the wire has a type for."""
    assert not [name for name in _definitions() if name not in REQUESTS and not hasattr(stream, name)]


def test_fields_are_those_of_the_definition() -> None:
    """A type has the fields of its definition, but for those that are listed."""
    differences: dict[tuple[str, str], str] = {}
    for name in _definitions():
        ours, theirs = set(_fields(_type(name))), set(_properties(name)) - {"op"}
        differences |= {(name, each): "missing" for each in theirs - ours}
        differences |= {(name, each): "added" for each in ours - theirs}

    expected = {(name, each): "added" for name, fields in ADDED.items() for each in fields}
    assert expected == differences


def test_fields_are_of_the_type_that_the_definition_gives() -> None:
    """A field is a number, a text, a list or an object as defined, but for those that are listed."""
    different = set()
    for name in _definitions():
        ours = _fields(_type(name))
        for key, theirs in _properties(name).items():
            if key in ours and _kind(ours[key]) != theirs.get("type", "object"):
                different.add((_type(name).__name__, key))

    assert set(OTHERWISE) == different


@pytest.mark.parametrize(("name", "key"), ENUMS)
def test_closed_sets_are_those_of_the_definition(name: str, key: str) -> None:
    """An enum has exactly the values that the definition lists."""
    assert set(_properties(name)[key]["enum"]) == set(ENUMS[name, key])


def test_every_closed_set_is_compared() -> None:
    """No field of the definition with a list of values is left out of the comparison."""
    listed = {
        (name, key) for name in _definitions() for key, each in _properties(name).items() if "enum" in each
    }

    assert set(ENUMS) | OTHER_ENUMS == listed


def test_fields_to_ask_for_are_those_of_the_definition() -> None:
    """The data that a subscription can ask for is what the definition's description of the filter lists."""
    values = _properties("MarketDataFilter")["fields"]["items"]["enum"]

    assert set(values) == set(enums.MarketDataField)


@pytest.mark.parametrize(
    ("expected", "request_"),
    [
        (
            b'{"op":"authentication","id":1,"appKey":"key","session":"token"}\r\n',
            stream.Authentication(id=1, app_key="key", session="token"),
        ),
        (
            (
                b'{"op":"marketSubscription","id":2,"marketFilter":{"marketIds":["1.2"]},'
                b'"marketDataFilter":{"fields":["EX_LTP"]},"heartbeatMs":5000,"clk":"AAA"}\r\n'
            ),
            stream.MarketSubscription(
                id=2,
                market_filter=stream.MarketFilter(market_ids=("1.2",)),
                market_data_filter=stream.MarketDataFilter(fields=(enums.MarketDataField.EX_LTP,)),
                heartbeat_ms=5000,
                clk="AAA",
            ),
        ),
        (b'{"op":"orderSubscription","id":3}\r\n', stream.OrderSubscription(id=3)),
        (b'{"op":"heartbeat","id":4}\r\n', stream.HeartbeatRequest(id=4)),
    ],
)
def test_requests_on_the_wire(expected: bytes, request_: stream.StreamRequest) -> None:
    """A request is one line that has what is set, and nothing else; and it reads back as it was."""
    assert expected == stream.encode_request(request_)
    assert request_ == stream.decode_request(expected)


def test_an_authentication_shows_no_secret() -> None:
    """What an authentication looks like has neither the app key nor the session token in it."""
    shown = repr(stream.Authentication(id=1, app_key="secret-key", session="secret-token"))

    assert "secret" not in shown
