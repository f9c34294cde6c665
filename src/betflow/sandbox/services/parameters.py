"""
The parameters of a call, as lenient as Betfair reads them: numbers may come as text, and text as numbers.

Source: "placeOrders" (its samples), "API Overview"; recorded requests.
"""

from functools import cache
from typing import Any, TypeVar

import msgspec

from betflow.sandbox.leniency import with_texts_for_numbers
from betflow.sandbox.services.envelopes import (
    NOT_JSON,
    NULL,
    PARAMETER_MISSING,
    PARAMETER_WRONG,
    Misunderstood,
)
from betflow.wire.catalogue import ListMarketCatalogue, ListTimeRanges
from betflow.wire.operations import Operation

Parameters = TypeVar("Parameters", bound=msgspec.Struct)

_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def parameters_of(operation: Operation[Parameters, Any], content: bytes) -> Parameters:
    """
    Understand the parameters of an operation, by name or, in an array, in the order of their definition.

    Raises:
        Misunderstood: one is missing (DSC-0018), or has a type or a value that it cannot have (DSC-0044), or
            they are no JSON in UTF-8 (DSC-0008).
    """
    try:
        content.decode()  # what no parameter takes is not looked at by the decoder
    except UnicodeDecodeError:
        raise Misunderstood(*NOT_JSON) from None
    content = _by_name(operation.parameters, content)
    try:
        parameters: Parameters = _decoder(operation.parameters).decode(content)
    except (msgspec.ValidationError, RecursionError):
        return _again(operation.parameters, content)
    except msgspec.DecodeError:
        raise Misunderstood(*NOT_JSON) from None
    return parameters


def _by_name(kind: type[msgspec.Struct], content: bytes) -> bytes:
    """
    Return parameters as an object.

    Raises:
        Misunderstood: there is no filter where there has to be one, or more values than parameters.
    """
    is_array, has_filter = content[:1] == b"[", "filter" in kind.__struct_fields__
    if not (is_array or has_filter):
        return content
    try:
        given = _decode_array(content) if is_array else _decode_object(content)
    except (msgspec.DecodeError, RecursionError):
        return content  # the decoder of the parameters says what is wrong
    if isinstance(given, list):
        names = names_of(kind)
        if len(given) > len(names):
            raise Misunderstood(*PARAMETER_WRONG)
        given = dict(zip(names, given, strict=False))
        content = msgspec.json.encode(given)
    if has_filter and bytes(given.get("filter", NULL)) == NULL:
        raise Misunderstood(*PARAMETER_MISSING)
    return content


def names_of(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return what parameters are called, in Betfair's order: that of our types, with two exceptions."""
    if kind is ListMarketCatalogue:
        return ("filter", "marketProjection", "sort", "maxResults", "locale")
    if kind is ListTimeRanges:
        return ("filter", "granularity")
    return tuple(each.encode_name for each in msgspec.structs.fields(kind))


@cache
def _decoder(kind: type[msgspec.Struct]) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind, strict=False)


def _again(kind: type[Parameters], content: bytes) -> Parameters:
    """Try again with every number as text, which is read as a number where one belongs."""
    try:
        parameters: Parameters = with_texts_for_numbers(content, kind)
    except msgspec.ValidationError as error:
        is_missing = "missing required field" in str(error)
        raise Misunderstood(*(PARAMETER_MISSING if is_missing else PARAMETER_WRONG)) from None
    except msgspec.DecodeError:
        raise Misunderstood(*NOT_JSON) from None
    except RecursionError:
        raise Misunderstood(*PARAMETER_WRONG) from None
    return parameters
