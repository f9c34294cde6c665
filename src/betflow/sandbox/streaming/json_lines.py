"""
Changes as JSON, and lines as they go out.

Everything is ASCII. Clients are known that stop at a line whose length with its end is one more than a
multiple of 1024: their last read finds the line feed alone. Such a line gets a space before its end.
"""

import json
from math import isfinite
from typing import Any

import msgspec

from betflow.exchange.snapshot import json_ready
from betflow.wire.stream import LINE_END, MarketChange, MarketDefinition, OrderMarketChange, RunnerChange

_READ = 1024
_NOT_ON_THE_STREAM = frozenset({"name", "eventName", "competitionId", "competitionName"})
_encode = msgspec.json.Encoder().encode


def line_of(content: bytes) -> bytes:
    """Return JSON as a line with its end."""
    if len(content) % _READ == _READ - 1:
        content += b" "
    return content + LINE_END


def joined(lines: list[bytes]) -> bytes:
    """
    Return lines as one piece to write; the same clients must not stop at its end.

    The end of what is written in one piece is the end of a TLS record, which is what they read.
    """
    if len(lines) == 1:
        return lines[0]
    piece = b"".join(lines)
    if len(piece) % _READ != 1:
        return piece
    # One space more than the last line has; two, where one would make that line itself a trap.
    spaces = b"  " if len(lines[-1]) % _READ == 0 else b" "
    return piece[: -len(LINE_END)] + spaces + LINE_END


def market_change(change: MarketChange) -> bytes:
    """Return a change as JSON, whole numbers without a fraction, as Betfair writes them."""
    definition = change.market_definition
    if definition is not None:
        change = msgspec.structs.replace(change, market_definition=None)
    if change.rc is not None and _are_odd(change.rc):
        runners = b",".join(map(_with_odd_prices, change.rc))
        content = _encode(msgspec.structs.replace(change, rc=None))[:-1] + b',"rc":[' + runners + b"]}"
    else:
        content = _encode(change)
    content = content.replace(b".0,", b",").replace(b".0]", b"]").replace(b".0}", b"}")
    if definition is not None:
        content = content[:-1] + b',"marketDefinition":' + market_definition(definition) + b"}"
    return content


def market_definition(definition: MarketDefinition) -> bytes:
    """Return a definition as the live stream has it: historic files alone have names in it."""
    content: dict[str, Any] = json_ready(definition)
    fields = {name: value for name, value in _present(content).items() if name not in _NOT_ON_THE_STREAM}
    fields["runners"] = [
        {name: value for name, value in runner.items() if name != "name"}
        for runner in fields.get("runners", ())
    ]
    return _ascii(_encode(_whole(fields)))


def order_change(change: OrderMarketChange) -> bytes:
    """Return a change of orders as JSON."""
    return _ascii(_encode(_whole(json_ready(change))))


def _are_odd(changes: list[RunnerChange]) -> bool:
    """Return whether there is a projected price that is no number, which JSON cannot say as one."""
    for change in changes:
        if change.spn is not None and not isfinite(change.spn):
            return True
        if change.spf is not None and not isfinite(change.spf):
            return True
    return False


def _with_odd_prices(change: RunnerChange) -> bytes:
    """Return a runner as JSON, with texts for projected prices that are no numbers."""
    prices = {
        name: json_ready(price)
        for name, price in (("spn", change.spn), ("spf", change.spf))
        if price is not None
    }
    content = _encode(msgspec.structs.replace(change, spn=None, spf=None))
    return content[:-1] + b"," + _encode(prices)[1:] if prices else content


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _whole(value: object) -> object:
    """Return JSON with whole numbers as integers."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _whole(member) for name, member in value.items()}
        case list() | tuple():
            return [_whole(member) for member in value]
    return value


def _ascii(content: bytes) -> bytes:
    if content.isascii():
        return content
    return json.dumps(msgspec.json.decode(content), separators=(",", ":")).encode()
