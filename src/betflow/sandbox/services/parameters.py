"""
The parameters of a call, as lenient as Betfair reads them: numbers may come as text, and text as numbers.

Source: "placeOrders" (its samples), "API Overview"; recorded requests.
"""

from functools import cache
from typing import Any, TypeVar

import msgspec

from betflow.sandbox.services.envelopes import NOT_JSON, PARAMETER_MISSING, PARAMETER_WRONG, Misunderstood
from betflow.wire.operations import Operation

Parameters = TypeVar("Parameters", bound=msgspec.Struct)


def parameters_of(operation: Operation[Parameters, Any], content: bytes) -> Parameters:
    """
    Understand the parameters of an operation, by name.

    Raises:
        Misunderstood: one is missing (DSC-0018), or has a type or a value that it cannot have (DSC-0044).
    """
    try:
        parameters: Parameters = _decoder(operation.parameters).decode(content)
    except (msgspec.ValidationError, RecursionError):
        return _again(operation.parameters, content)
    except msgspec.DecodeError:
        raise Misunderstood(*NOT_JSON) from None
    return parameters


@cache
def _decoder(kind: type[msgspec.Struct]) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind, strict=False)


def _again(kind: type[Parameters], content: bytes) -> Parameters:
    """Try again with every number as text, which is read as a number where one belongs."""
    try:
        value = _texts(msgspec.json.decode(content))
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        is_missing = "missing required field" in str(error)
        raise Misunderstood(*(PARAMETER_MISSING if is_missing else PARAMETER_WRONG)) from None
    except RecursionError:
        raise Misunderstood(*PARAMETER_WRONG) from None


def _texts(value: object) -> object:
    match value:
        case bool():
            return value
        case int() | float():
            return str(value)
        case dict():
            return {key: _texts(member) for key, member in value.items()}
        case list():
            return [_texts(member) for member in value]
    return value
