"""What clients send, as lenient as Betfair reads it: numbers may come as text, and text as numbers. Pure."""

from typing import Any

import msgspec


def with_texts_for_numbers(content: bytes, kind: Any) -> Any:  # noqa: ANN401 - any type that msgspec decodes
    """
    Decode JSON with every number as text, which is read as a number where one belongs.

    Raises:
        msgspec.ValidationError: even so it is not of that type.
        msgspec.DecodeError: it is no JSON.
    """
    return msgspec.convert(_texts(msgspec.json.decode(content)), kind, strict=False)


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
