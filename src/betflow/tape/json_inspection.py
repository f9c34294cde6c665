"""
What is odd about the JSON of a line that can be read: keys that come twice, and text that is not UTF-8.

JSON leaves open which of two values counts, and readers differ: the first, the last, or none. So a line with
a key twice says different things to different programs. Decoding does not notice; see decision 0017.
"""

import json
from collections.abc import Sequence

import msgspec

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode

_SHOWN = 40


def is_utf_8(line: bytes) -> bool:
    """Say whether a line is UTF-8, also where decoding it passes over text."""
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def repeated_key(line: bytes) -> str | None:
    """
    Return a key that an object of the line has twice, or None.

    Decoded and encoded again, a line has lost every member whose key comes again, and with it a colon;
    nothing else alters how many colons there are, unless a text has escapes.

    Args:
        line: JSON in UTF-8.

    Raises:
        RecursionError: it is nested too deep.
    """
    if b"\\" not in line:
        try:
            if line.count(b":") == _encode(_decode(line)).count(b":"):
                return None
        except msgspec.MsgspecError:
            pass  # numbers that only a strict reader refuses
    repeated: list[str] = []

    def look(members: Sequence[tuple[str, object]]) -> None:
        known: set[str] = set()
        for key, _value in members:
            if key in known:
                repeated.append(key[:_SHOWN])
            known.add(key)

    json.loads(line, object_pairs_hook=look)
    return repeated[0] if repeated else None
