"""
One text for one value, so that equal values have equal hashes.

Canonical JSON here is: UTF-8, keys sorted by code point, no spaces, characters written as themselves.
Numbers are written as Python writes them: integers in full, floats with the shortest digits that read back
to the same float; NaN and infinities are refused, because JSON has no word for them. Keys must be text: JSON
would turn the number 2 into ``"2"``, which sorts differently after it was read back.
"""

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Final

_CONTAINERS: Final = (dict, list, tuple)
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_TEXT: Final = frozenset({str})


def canonical_json(value: object) -> str:
    """
    Write a value of plain JSON types as canonical JSON.

    Raises:
        TypeError: for a type that JSON does not have, or a key that is not text.
        ValueError: for NaN, infinities and lone surrogates.
    """
    _refuse_other_keys(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    text.encode()
    return text


def digest(text: str) -> str:
    """Return the sha256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_other_keys(value: object) -> None:
    """Look at all keys; whole rows at a time, since an answer may have a hundred thousand of them."""
    members: Collection[object] = ()
    if isinstance(value, dict):
        if not _TEXT.issuperset(map(type, value)):
            _refuse_key(value)
        members = value.values()
    elif isinstance(value, list | tuple):
        members = value
    if not _SCALARS.issuperset(map(type, members)):
        for member in members:
            if isinstance(member, _CONTAINERS):
                _refuse_other_keys(member)


def _refuse_key(value: Iterable[object]) -> None:
    """Refuse the first key that is no text; one of a type that is derived from it is."""
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"key {key!r} is {type(key).__name__}; canonical JSON takes only text as keys")
