"""
One text for one value, so that equal values have equal hashes.

Canonical JSON here is: UTF-8, keys sorted by code point, no spaces, characters written as themselves.
Numbers are written as Python writes them: integers in full, floats with the shortest digits that read back
to the same float; NaN and infinities are refused, because JSON has no word for them. Keys must be text: JSON
would turn the number 2 into ``"2"``, which sorts differently after it was read back.
"""

import hashlib
import json
from typing import Final

_CONTAINERS: Final = (dict, list, tuple)


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
