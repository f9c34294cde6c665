"""Tokens to resume from: text that means nothing to whoever gets it."""

import binascii

_BYTES = 8


def clk_of(position: int) -> str:
    """Return the token of a position."""
    return binascii.b2a_base64(position.to_bytes(_BYTES, "big"), newline=False).decode()


def position_of(clk: str | int) -> int | None:
    """Return the position that a token means; None where it is none of ours."""
    try:
        content = binascii.a2b_base64(str(clk), strict_mode=True)
    except ValueError:
        return None
    return int.from_bytes(content, "big") if len(content) == _BYTES else None
