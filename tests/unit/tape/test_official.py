"""An exported market is what readers of Betfair's historic data take, and says the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from betflow.exchange.snapshot import snapshot
from betflow.tape import Tape
from betflow.tape.official import official_lines
from changes import defined
from recordings import line
from tapes import tape, tapes

MESSAGE_FIELDS = {"op", "clk", "pt", "mc"}
MARKET_FIELDS = {"id", "marketDefinition", "rc", "con", "img", "tv"}
RUNNER_FIELDS = {"id", "hc", "atb", "atl", "trd", "ltp", "tv", "spn", "spf", "spb", "spl"}


def exported(source: Path, market_id: str, folder: Path) -> Path:
    """Export a market into a file."""
    path = folder / market_id
    path.write_bytes(b"".join(official_lines(Tape(source), market_id)))
    return path


def written(folder: Path, *lines: bytes) -> list[dict[str, Any]]:
    """Return the export of a tape of market 1.1 as JSON."""
    (folder / "tape").write_bytes(b"\n".join(lines) + b"\n")
    return [json.loads(each) for each in official_lines(Tape(folder / "tape"), "1.1")]


@pytest.mark.parametrize("number", range(10))
def test_books_of_an_export_are_those_of_the_tape(tmp_path: Path, number: int) -> None:
    """An exported market goes through the same books as the tape, message by message."""
    source = tapes()[number]
    market_id = next(book.market_id for book in Tape(source))
    path = exported(source, market_id, tmp_path)

    originals = (book for book in Tape(source) if book.market_id == market_id)
    for original, copy in zip(originals, Tape(path), strict=True):
        assert (original.publish_time, original.status) == (copy.publish_time, copy.status)
        for ours, theirs in zip(original.runners, copy.runners, strict=True):
            assert (ours.best_back, ours.best_lay, ours.last_price_traded, ours.total_matched) == (
                *(theirs.best_back, theirs.best_lay),
                *(theirs.last_price_traded, theirs.total_matched),
            )
    assert json.dumps(snapshot(original).to_dict()) == json.dumps(snapshot(copy).to_dict())


def test_export_has_only_fields_of_the_format(tmp_path: Path) -> None:
    """Strict readers refuse unknown fields: there are none."""
    for source in (tape("1.185781277"), tape("1.197931750"), tape("SELF-1.181223995")):
        market_id = next(book.market_id for book in Tape(source))
        for text in exported(source, market_id, tmp_path).read_bytes().splitlines():
            message = json.loads(text)
            assert message.keys() == MESSAGE_FIELDS
            assert isinstance(message["clk"], str)
            for change in message["mc"]:
                assert change.keys() <= MARKET_FIELDS
                assert all(runner.keys() <= RUNNER_FIELDS for runner in change.get("rc", []))


def test_other_markets_are_left_out(tmp_path: Path) -> None:
    """Of a tape with many markets only the one that was asked for is written."""
    path = exported(tape("1.242971311"), "1.242972279", tmp_path)

    assert {"1.242972279"} == {book.market_id for book in Tape(path)}


def test_levels_are_written_as_prices(tmp_path: Path) -> None:
    """Where a tape has the best prices by level only, the changes between them are written as prices."""
    first = {"id": "1.1", "marketDefinition": defined(), "rc": [{"id": 1, "batb": [[0, 2, 5], [1, 1.9, 6]]}]}
    second = {"id": "1.1", "rc": [{"id": 1, "batb": [[0, 2.1, 3], [1, 2, 5]]}]}
    third = {"id": "1.1", "rc": [{"id": 1, "batb": [[1, 0, 0]]}]}

    found = written(tmp_path, line(1, first), line(2, second), line(3, third))

    assert [
        [[2.0, 5.0], [1.9, 6.0]],
        [[1.9, 0.0], [2.1, 3.0]],
        [[2.0, 0.0]],
    ] == [message["mc"][0]["rc"][0]["atb"] for message in found]


def test_levels_of_an_image_are_written_whole(tmp_path: Path) -> None:
    """An image begins anew: its levels are written all, and none is taken away that readers have dropped."""
    levels = {"id": 1, "batb": [[0, 2, 5], [1, 1.9, 6]], "batl": [[0, 2.2, 1]]}
    first = {"id": "1.1", "marketDefinition": defined(), "rc": [levels]}
    image = {"id": "1.1", "img": True, "rc": [{"id": 1, "batb": [[0, 2, 5]], "batl": [[0, 2.2, 1]]}]}

    found = written(tmp_path, line(1, first), line(2, image))

    assert {"id": 1, "atb": [[2.0, 5.0]], "atl": [[2.2, 1.0]]} == found[1]["mc"][0]["rc"][0]


def test_numbers_that_json_does_not_have_are_texts(tmp_path: Path) -> None:
    """NaN and Infinity are written as Betfair writes them."""
    runner = {"id": 1, "spn": "NaN", "spf": "Infinity"}

    [message] = written(tmp_path, line(1, {"id": "1.1", "rc": [runner]}))

    assert runner == message["mc"][0]["rc"][0]


def test_clock_that_was_not_kept_is_made_up(tmp_path: Path) -> None:
    """Where a recorder left the clock out, messages are numbered."""
    found = written(tmp_path, *(line(pt, {"id": "1.1"}, clk=None) for pt in (1, 2)))

    assert ["1", "2"] == [message["clk"] for message in found]
