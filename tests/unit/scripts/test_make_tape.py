"""The made-up tape: deterministic, and of the shape of a real one."""

import bz2
import hashlib
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from make_tape import LADDER, RUNNERS, made_up_lines, write_made_up_tape


def changes(lines: list[bytes]) -> list[dict[str, Any]]:
    """Return the one market change of each message."""
    return [json.loads(line)["mc"][0] for line in lines]


def definitions(lines: list[bytes]) -> list[dict[str, Any]]:
    """Return the market definitions in the order in which they are published."""
    return [change["marketDefinition"] for change in changes(lines) if "marketDefinition" in change]


def test_same_seed_gives_the_same_bytes_everywhere() -> None:
    """Seed 1 makes exactly this tape, on every system and every Python."""
    made = hashlib.sha256(b"".join(made_up_lines())).hexdigest()

    assert "9d9e2db6bf198a8d3a4c5fe8bd708ed94026ef32e30b9ae636cee1f100cb8761" == made


@given(messages=st.integers(20, 300), seed=st.integers(0, 2**32))
def test_publish_times_never_go_backwards(messages: int, seed: int) -> None:
    """A tape has as many messages as were asked for, each published at or after the one before."""
    times = [json.loads(line)["pt"] for line in made_up_lines(messages=messages, seed=seed)]

    assert messages == len(times)
    assert sorted(times) == times


@given(seed=st.integers(0, 2**32))
def test_book_never_crosses(seed: int) -> None:
    """No runner can be backed at a price at which it can be laid or above."""
    books: dict[tuple[int, str], dict[float, float]] = {}
    crossed = []
    for change in changes(list(made_up_lines(messages=200, seed=seed))):
        for runner in change["rc"]:
            for side in ("atb", "atl"):
                ladder = books.setdefault((runner["id"], side), {})
                ladder.update(runner.get(side, ()))
            best_back = max((p for p, size in books[runner["id"], "atb"].items() if size), default=0)
            best_lay = min((p for p, size in books[runner["id"], "atl"].items() if size), default=1001)
            if best_back >= best_lay:
                crossed.append(runner)

    assert [] == crossed


def test_market_runs_from_open_to_closed_with_a_starting_price_and_one_winner() -> None:
    """The definitions tell a race: open, suspended, reconciled, in play, suspended, closed."""
    course = definitions(list(made_up_lines()))

    expected = [
        ("OPEN", False, False),
        ("SUSPENDED", False, False),
        ("SUSPENDED", True, False),
        ("OPEN", True, True),
        ("SUSPENDED", True, True),
        ("CLOSED", True, True),
    ]
    assert expected == [(each["status"], each["bspReconciled"], each["inPlay"]) for each in course]
    results = sorted(runner["status"] for runner in course[-1]["runners"])
    assert ["LOSER"] * (len(RUNNERS) - 1) + ["WINNER"] == results
    assert all(runner["bsp"] > 1 for runner in course[-1]["runners"])


def test_traded_volume_is_zeroed_before_the_market_closes() -> None:
    """At settlement every traded price is sent once more with size 0, as Betfair does."""
    lines = list(made_up_lines())
    traded: dict[tuple[int, float], float] = {}
    for change in changes(lines):
        for runner in change["rc"]:
            traded.update({(runner["id"], price): size for price, size in runner.get("trd", ())})

    assert traded
    assert {0} == set(traded.values())


def test_ladder_has_the_350_prices_of_the_classic_ladder() -> None:
    """The CLASSIC ladder goes from 1.01 to 1000 in 350 prices."""
    assert (350, 1.01, 1000.0) == (len(LADDER), LADDER[0], LADDER[-1])


def test_file_is_compressed_when_its_name_says_so(tmp_path: Path) -> None:
    """A name that ends in .bz2 gives what Betfair delivers; any other the same content, plain."""
    plain, compressed = tmp_path / "race.json", tmp_path / "race.bz2"

    write_made_up_tape(plain, messages=50)
    write_made_up_tape(compressed, messages=50)

    assert plain.read_bytes() == bz2.decompress(compressed.read_bytes())
