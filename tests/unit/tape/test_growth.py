"""What reading costs grows with what there is to read, and no faster: counted in calls and steps."""

import bz2
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from betflow.tape import Tape
from betflow.tape.compression import (
    SALVAGE_STEP,
    STEP,
    Damage,
    Pace,
    Readable,
    StreamDamagedError,
    bunzip2,
    salvaged,
)
from betflow.tape.inspection import Inspector
from work import calls_of


def _line(changes: str) -> bytes:
    return f'{{"op":"mcm","clk":"1","pt":1573500000000,"mc":[{changes}]}}\n'.encode()


def _many_markets(count: int) -> bytes:
    """Return one line with many markets."""
    return _line(",".join(f'{{"id":"1.{number}","rc":[{{"id":1,"ltp":2}}]}}' for number in range(count)))


def _many_changes(count: int) -> bytes:
    """Return one line that changes one market many times."""
    return _line(",".join(['{"id":"1.1","rc":[{"id":1,"ltp":2}]}'] * count))


def _many_runners(count: int) -> bytes:
    """Return one line with many runners of one market."""
    return _line(
        '{"id":"1.1","rc":[' + ",".join(f'{{"id":{number},"ltp":2}}' for number in range(count)) + "]}"
    )


def _many_lines(count: int) -> bytes:
    """Return many lines with a market of their own."""
    return b"".join(_line(f'{{"id":"1.{number}"}}') for number in range(count))


def _many_damaged_lines(count: int) -> bytes:
    """Return many lines that are no messages, each behind one that is."""
    return b"".join(_line('{"id":"1.1"}') + b"no message\n" for _ in range(count))


def _inspect(path: Path) -> object:
    return Inspector(Tape(path), thorough=True).inspect()


def _import(path: Path) -> object:
    return Inspector(Tape(path), thorough=False).inspect()


def _fold(path: Path) -> object:
    return sum(1 for _ in Tape(path))


@pytest.mark.parametrize("use", [_inspect, _import, _fold])
@pytest.mark.parametrize(
    "content", [_many_markets, _many_changes, _many_runners, _many_lines, _many_damaged_lines]
)
def test_ten_times_as_much_costs_ten_times_as_much(
    content: Callable[[int], bytes], use: Callable[[Path], object], tmp_path: Path
) -> None:
    """Ten times as many markets, runners, changes, lines or findings take ten times as many calls at most."""
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(content(200))
    large.write_bytes(content(2000))
    use(small)  # what is made once only is made here

    assert calls_of(lambda: use(large)) <= 10 * calls_of(lambda: use(small))


def test_line_is_decoded_once_more_for_its_ladders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a line shows ladders is looked for once a line, however many markets change in it."""
    path = tmp_path / "tape"
    path.write_bytes(_many_markets(500) * 3)
    asked = 0
    look = Inspector._look_for_ladders

    def counted(inspector: Inspector) -> bool:
        nonlocal asked
        asked += 1
        return look(inspector)

    monkeypatch.setattr(Inspector, "_look_for_ladders", counted)
    _inspect(path)

    assert 3 == asked


def test_salvage_takes_small_steps_only_at_the_break() -> None:
    """A break costs one large step in small ones, however much is in front of it."""
    content = bytearray(bz2.compress(bytes(8 << 20)))
    content[-6] ^= 0xFF  # in the checksum of the whole
    small = 0

    def counted(raw: Readable, pace: Pace) -> Iterator[bytes]:
        nonlocal small
        for chunk in bunzip2(raw, pace):
            small += len(chunk) <= SALVAGE_STEP
            yield chunk

    given = 0
    try:
        for chunk in salvaged(io.BufferedReader(io.BytesIO(content)), counted, rewindable=True):
            given += len(chunk)
    except StreamDamagedError as error:
        assert Damage.CORRUPT is error.damage  # noqa: PT017 - what came before the exception counts

    assert (8 << 20) - SALVAGE_STEP <= given
    assert small <= STEP // SALVAGE_STEP + 1
