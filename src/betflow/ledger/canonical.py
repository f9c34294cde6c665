"""
One text for one value, so that equal values have equal hashes.

Canonical JSON here is: UTF-8, keys sorted by code point, no spaces, characters written as themselves.
Numbers are written as Python writes them: integers in full, floats with the shortest digits that read back
to the same float; NaN and infinities are refused, because JSON has no word for them. Keys must be text: JSON
would turn the number 2 into ``"2"``, which sorts differently after it was read back.
"""

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection

_CONTAINERS: Final = (dict, list, tuple)
_EXACT: Final = frozenset({dict, list, tuple})
_WRITTEN_ALIKE: Final = frozenset({str, int, bool, type(None)})
_TEXT: Final = frozenset({str})
_SMALLEST: Final = 1e-4
_LARGEST: Final = 1e16
"""Between these Python and msgspec write a float without an exponent; exponents they write differently."""


def canonical_json(value: object) -> str:
    """
    Write a value of plain JSON types as canonical JSON.

    Raises:
        TypeError: for a type that JSON does not have, or a key that is not text.
        ValueError: for NaN, infinities and lone surrogates.
    """
    if _is_written_alike(value):
        return msgspec.json.encode(value, order="sorted").decode()
    _refuse_other_keys(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    text.encode()
    return text


def read_json(text: str) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """
    Read JSON, four times as fast as `json.loads`.

    Raises:
        ValueError: if it is none.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"this is no JSON: {error}") from error


def digest(text: str) -> str:
    """Return the sha256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _is_written_alike(value: object) -> bool:
    """
    Say whether msgspec writes a value as `json` does, which says how it is written; it is five times as fast.

    Looks at a row at a time, not at a value: an answer may have a million of them.
    """
    if type(value) is dict:
        return _TEXT.issuperset(map(type, value)) and _are_alike(value.values())
    return _are_alike(value if type(value) is list or type(value) is tuple else (value,))


def _are_alike(members: "Collection[object]") -> bool:
    others = (member for member in members if type(member) not in _WRITTEN_ALIKE)
    return _WRITTEN_ALIKE.issuperset(map(type, members)) or all(map(_is_alike, others))


def _is_alike(value: object) -> bool:
    if type(value) is float:
        return _SMALLEST <= abs(value) < _LARGEST or value == 0
    return type(value) in _EXACT and _is_written_alike(value)


def _refuse_other_keys(value: object) -> None:
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise TypeError(
                    f"key {key!r} is {type(key).__name__}; canonical JSON takes only text as keys"
                )
            if isinstance(member, _CONTAINERS):
                _refuse_other_keys(member)
    elif isinstance(value, list | tuple):
        for member in value:
            if isinstance(member, _CONTAINERS):
                _refuse_other_keys(member)
