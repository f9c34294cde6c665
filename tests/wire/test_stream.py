"""Every recorded answer of the stream decodes, and nothing in it is lost unnoticed."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from betflow.wire.stream import (
    ConnectionMessage,
    MarketChangeMessage,
    OrderChangeMessage,
    StatusMessage,
    decode,
)
from tapes import shared_responses

TYPES: dict[str, type[object]] = {
    "mcm": MarketChangeMessage,
    "ocm": OrderChangeMessage,
    "connection": ConnectionMessage,
    "status": StatusMessage,
}

# Recorded, and no message that a stream sends.
EXCLUDED = {
    "streaming_503.json": "shortened by hand: a change message without its publish time",
    "streaming_market_definition.json": "a market definition alone, without a message around it",
    "streaming_rcm.json": "a race change message, of an operation that is not read",
}


def _files() -> list[Path]:
    folder = shared_responses()
    return [
        *sorted((folder / "betfair_parser" / "streaming").iterdir()),
        *sorted((folder / "betfairlightweight").glob("streaming*")),
    ]


def _messages(file: Path) -> list[dict[str, Any]]:
    text = file.read_text()
    if file.suffix == ".ndjson":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    content = json.loads(text)
    return content if isinstance(content, list) else [content]


def test_every_recorded_message_decodes_to_its_type() -> None:
    """A recorded message becomes the type that its operation names, with the publish time that it has."""
    counts: dict[str, int] = {}
    for file in _files():
        if file.name in EXCLUDED:
            continue
        for recorded in _messages(file):
            decoded = decode(json.dumps(recorded).encode())
            assert isinstance(decoded, TYPES[recorded["op"]]), file.name
            assert recorded.get("pt") == getattr(decoded, "pt", None), file.name
            counts[recorded["op"]] = counts.get(recorded["op"], 0) + 1

    assert counts.keys() == TYPES.keys()
    assert counts["mcm"] > 300


def test_nothing_recorded_is_lost_or_changed() -> None:
    """Encoded again, a decoded message has every field that was recorded."""
    lost: set[str] = set()
    for file in _files():
        if file.name in EXCLUDED:
            continue
        for recorded in _messages(file):
            again = json.loads(msgspec.json.encode(decode(json.dumps(recorded).encode())))
            lost |= set(_differences(recorded, again, ""))

    assert not lost


@pytest.mark.parametrize("name", EXCLUDED)
def test_exclusions_are_still_needed(name: str) -> None:
    """A file that is excluded does not decode."""
    (file,) = (each for each in _files() if each.name == name)

    for recorded in _messages(file):
        with pytest.raises(msgspec.ValidationError):
            decode(json.dumps(recorded).encode())


def _differences(recorded: object, again: object, place: str) -> list[str]:
    """Name the fields of a recorded value that are missing from the value it was decoded to, or differ."""
    match recorded, again:
        case dict(), dict():
            return [
                difference
                for key, value in recorded.items()
                for difference in _differences(value, again.get(key, _MISSING), f"{place}.{key}")
            ]
        case list(), list() if len(recorded) == len(again):
            return [
                difference
                for value, other in zip(recorded, again, strict=True)
                for difference in _differences(value, other, place)
            ]
        case (("NaN" | "Infinity"), None):
            return []  # numbers that JSON does not have; the decoder's own test is below
        case str(), int() | float():
            return [] if recorded == str(again) else [place]  # a number in quotes
        case _:
            return [] if recorded == again else [place]


_MISSING = object()


@pytest.mark.parametrize(
    ("text", "number"),
    [('"NaN"', math.nan), ('"Infinity"', math.inf), ('"-Infinity"', -math.inf), ('"6.5"', 6.5)],
)
def test_numbers_that_are_sent_as_texts(text: str, number: float) -> None:
    """What JSON has no number for, and numbers in quotes, are numbers."""
    message = decode(b'{"op":"mcm","pt":1,"mc":[{"id":"1.1","rc":[{"id":1,"spn":%s}]}]}' % text.encode())

    assert isinstance(message, MarketChangeMessage)
    assert message.mc is not None
    assert message.mc[0].rc is not None
    assert str(number) == str(message.mc[0].rc[0].spn)


@pytest.mark.parametrize("clk", ["null", "42153", '"AAAAAAAA"'])
def test_clk_in_all_its_forms(clk: str) -> None:
    """A `clk` is a text, null in some recordings and a number in a few."""
    message = decode(b'{"op": "mcm", "clk": %s, "pt": 1, "mc": []}' % clk.encode())

    assert isinstance(message, MarketChangeMessage)
    assert json.loads(clk) == message.clk


def test_what_is_new_costs_no_message() -> None:
    """Fields and values that Betfair adds are kept or passed over."""
    message = decode(
        b'{"op":"mcm","pt":1,"ct":"NEW","new":{},"mc":[{"id":"1.1","new":1,"rc":[{"id":1,"new":[]}],'
        b'"marketDefinition":{"status":"NEW","new":[1],"runners":[{"id":1,"status":"NEW"}]}}]}'
    )

    assert isinstance(message, MarketChangeMessage)
    assert message.mc is not None
    definition = message.mc[0].market_definition
    assert definition is not None
    assert ("NEW", "NEW") == (message.ct, definition.status)
