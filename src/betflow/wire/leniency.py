"""
Answers as Betfair means them: one thing that is odd never costs what is beside it. Pure.

What is missing is None, as everywhere in answers. Of the rest, a member that is not what it should be is left
out if it may be, and else what it belongs to is, up to the element of a list that it is in; each is told as
an `Oddity`. Only an answer of which nothing is left is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin

import msgspec

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Oddity:
    """
    Something in an answer that is not what it should be.

    Attributes:
        path: Where, by Betfair's names: ``[3].runners[1].runnerName``.
        reason: What is wrong with it; types, and no values but those of closed sets.
        is_element: Whether an element of a list was left out for it.
    """

    path: str
    reason: str
    is_element: bool = False


@dataclass(frozen=True, slots=True)
class Decoded(Generic[Answer]):
    """
    An answer, and what was odd about it.

    Attributes:
        answer: What could be understood.
        oddities: What could not, in the order of the answer.
    """

    answer: Answer
    oddities: Sequence[Oddity] = ()

    @property
    def lost(self) -> int:
        """How many elements of lists were left out."""
        return sum(each.is_element for each in self.oddities)


class _Nothing:
    """What is left of a value that cannot be understood."""


_NOTHING: Final = _Nothing()


def decode_leniently(content: bytes, kind: Any) -> Decoded[Any]:  # noqa: ANN401 - any type that msgspec decodes
    """
    Decode an answer that is not wholly what it should be.

    Raises:
        msgspec.ValidationError: nothing of it can be understood.
        msgspec.DecodeError: it is no JSON.
    """
    oddities: list[Oddity] = []
    answer = _understood(msgspec.json.decode(content), kind, "", oddities)
    if answer is _NOTHING:
        raise msgspec.ValidationError(f"{oddities[-1].reason} - at `{oddities[-1].path or '$'}`")
    return Decoded(answer, tuple(oddities))


def _understood(value: object, kind: Any, path: str, oddities: list[Oddity]) -> Any:  # noqa: ANN401 - as above
    """Return a value as a type, or nothing; each level is tried as a whole first."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        reason = str(error)
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(value, kind, path, oddities)
    if isinstance(value, dict) and get_origin(kind) is dict:
        return _map(value, get_args(kind)[1], path, oddities)
    if isinstance(value, list) and get_origin(kind) is tuple:
        return _elements(value, get_args(kind)[0], path, oddities)
    oddities.append(Oddity(path, reason))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number and kind is str else _NOTHING


def _struct(
    value: dict[str, object], kind: type[msgspec.Struct], path: str, oddities: list[Oddity]
) -> msgspec.Struct | _Nothing:
    members = {}
    for field in _fields(kind):
        if field.encode_name in value:
            where = f"{path}.{field.encode_name}" if path else field.encode_name
            member = _understood(value[field.encode_name], field.type, where, oddities)
            if member is not _NOTHING:
                members[field.name] = member
        if field.required and field.name not in members:
            oddities.append(Oddity(path, f"Object missing required field `{field.encode_name}`"))
            return _NOTHING
    return kind(**members)


def _map(
    value: dict[str, object],
    kind: Any,  # noqa: ANN401 - as above
    path: str,
    oddities: list[Oddity],
) -> dict[str, Any]:
    # Keys are Betfair's data, and not shown.
    members = {key: _understood(each, kind, f"{path}.*", oddities) for key, each in value.items()}
    return {key: each for key, each in members.items() if each is not _NOTHING}


def _elements(
    value: list[object],
    kind: Any,  # noqa: ANN401 - as above
    path: str,
    oddities: list[Oddity],
) -> tuple[Any, ...]:
    found = []
    for number, each in enumerate(value):
        where = f"{path}[{number}]"
        element = _understood(each, kind, where, oddities)
        if element is _NOTHING:
            oddities.append(Oddity(where, "it is left out of the list", is_element=True))
        else:
            found.append(element)
    return tuple(found)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)
