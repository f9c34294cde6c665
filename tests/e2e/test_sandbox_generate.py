"""A made-up day, as a user makes it and as other programs read it."""

import bz2
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import betfairlightweight
import pytest

from betflow.cli.app import run
from betflow.errors import ExitCode
from betflow.exchange.book import MarketBooks
from betflow.jobs.runs import RunContext, SilentProgress
from betflow.jobs.sandbox_generate import GenerateRequest, generate
from betflow.sandbox.generator.day import Day, Programme
from betflow.tape import Tape
from betflow.wire.stream import decode_market_change
from command_line import CommandLine, Ran

DAY_MS = 1_783_123_200_000
SMALL = ("--races", "2", "--greyhounds", "1", "--football", "1", "--tennis", "1")
MARKETS = 2 * 3 + 2 + 4 + 1

GOLDEN = "54b989759439475f341a11161b8cd571e43a1a79ea7c498bdd533740ee853186"
"""The sha256 of one greyhound race and one tennis match with seed 7. The model was changed if it differs."""


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow over an empty data folder."""
    return CommandLine(data_dir, capsys)


@pytest.fixture(scope="module")
def small_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small day, made up by as many processes as there are processors."""
    out = tmp_path_factory.mktemp("day")
    where = ["--output", str(out), "--data-dir", str(tmp_path_factory.mktemp("data"))]
    assert ExitCode.OK == run(["sandbox", "generate", "--day", "2026-07-04", "--seed", "3", *SMALL, *where])
    return out


def _generate(betflow: CommandLine, out: Path, *arguments: str) -> Ran:
    return betflow.json(
        "sandbox", "generate", "--day", "2026-07-04", "--seed", "3", "--output", out, *arguments
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): bz2.decompress(path.read_bytes())
        for path in sorted(folder.rglob("*.bz2"))
    }


@pytest.mark.parametrize("plan", ["BASIC", "ADVANCED", "PRO"])
def test_a_generated_day_is_verified_without_a_finding(
    betflow: CommandLine, tmp_path: Path, plan: str
) -> None:
    """Every file of a day is read to its end by `tape verify`, and nothing of it is damaged or odd."""
    assert ExitCode.OK == _generate(betflow, tmp_path / "day", *SMALL, "--plan", plan).code

    verified = betflow.json("tape", "verify", tmp_path / "day")

    assert ExitCode.OK == verified.code
    assert [] == verified.codes
    assert MARKETS == verified.data["tapes"]
    assert {f"official-{plan.lower()}"} == {each["kind"] for each in verified.data["listed"]}


def test_files_lie_where_betfair_puts_them(betflow: CommandLine, tmp_path: Path) -> None:
    """The path of a market is plan, year, month, day, event and market, as in Betfair's archives."""
    ran = _generate(
        betflow, tmp_path, "--races", "1", "--greyhounds", "0", "--football", "0", "--tennis", "0"
    )
    paths = sorted(tmp_path.rglob("*.bz2"))
    parts = [path.relative_to(tmp_path).parts for path in paths]

    assert {("PRO", "2026", "Jul", "4")} == {each[:4] for each in parts}
    assert 1 == len({each[4] for each in parts})
    assert sorted(str(path) for path in paths) == sorted(each["path"] for each in ran.envelope["artifacts"])


def test_a_generated_day_can_be_imported(betflow: CommandLine, small_day: Path) -> None:
    """The archive takes every market of a day, all settled."""
    assert ExitCode.OK == betflow("backfill", small_day).code
    assert MARKETS == len(betflow.json("tape", "ls", "--settled").data["markets"])


def test_one_process_or_two_write_the_same(betflow: CommandLine, tmp_path: Path) -> None:
    """The content of a day does not depend on how many processes made it up."""
    few = ("--races", "1", "--greyhounds", "1", "--football", "0", "--tennis", "1")
    one = _generate(betflow, tmp_path / "one", *few, "--workers", "1")
    two = _generate(betflow, tmp_path / "two", *few, "--workers", "2")

    assert one.data["content_sha256"] == two.data["content_sha256"]
    assert _files(tmp_path / "one") == _files(tmp_path / "two")


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_the_order_of_hashes_does_not_matter(hash_seed: str) -> None:
    """A process of its own, with other hashes, makes up the same bytes as every other there ever was."""
    program = (
        "import hashlib; from betflow.sandbox.generator.day import Day, Programme\n"
        f"day = Day(Programme(seed=7, day={DAY_MS}, races=0, greyhounds=1, football=0, tennis=1))\n"
        "print(hashlib.sha256(b''.join(line for _, line in day.lines())).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert GOLDEN == ran.stdout.strip()


def test_a_day_is_the_same_twice_in_one_process() -> None:
    """What was made up before leaves no trace in what is made up after."""
    programme = Programme(seed=7, day=DAY_MS, races=0, greyhounds=1, football=0, tennis=1)
    digests = [
        hashlib.sha256(b"".join(line for _, line in Day(programme).lines())).hexdigest() for _ in range(2)
    ]

    assert [GOLDEN, GOLDEN] == digests


def test_betfairlightweight_reads_every_market(small_day: Path, tmp_path: Path) -> None:
    """Betfairlightweight's own objects end with the result, and its last books are ours."""
    for path in sorted(small_day.rglob("*.bz2")):
        expanded = tmp_path / path.stem
        expanded.write_bytes(bz2.decompress(path.read_bytes()))
        last = _last_of_betfairlightweight(expanded)
        ours = list(Tape(path))[-1]
        definition = ours.definition
        assert definition is not None

        assert "CLOSED" == last.status
        assert [(each.id, each.hc or 0, each.status) for each in definition.runners or ()] == [
            (each.selection_id, each.handicap, each.status) for each in last.market_definition.runners
        ]


@pytest.mark.parametrize("kind", ["7", "1"])
def test_betfairlightweight_has_the_same_books(kind: str) -> None:
    """Through a race and a match, its ladders and volumes are ours after every 50th message."""
    counts = {"races": int(kind == "7"), "football": int(kind == "1")}
    day = Day(Programme(seed=3, day=DAY_MS, greyhounds=0, tennis=0, **counts))
    listener = betfairlightweight.StreamListener(max_latency=None, lightweight=True)
    listener.register_stream(0, "marketSubscription")
    books = MarketBooks()

    for number, (_, line) in enumerate(day.lines()):
        books.apply(decode_market_change(line))
        listener.on_data(line)
        if number % 50 == 0:
            theirs = {snap["marketId"]: snap for snap in listener.snap()}
            for market_id, book in books.books.items():
                runners = {
                    (each["selectionId"], each["handicap"]): each for each in theirs[market_id]["runners"]
                }
                for runner in book.runners:
                    their = runners[runner.selection_id, runner.handicap]
                    assert runner.back_ladder == _ladder(their["ex"]["availableToBack"])
                    assert runner.lay_ladder == _ladder(their["ex"]["availableToLay"])
                    assert runner.traded_ladder == _ladder(their["ex"]["tradedVolume"])


def _ladder(entries: list[dict[str, float]]) -> list[tuple[float, float]]:
    return [(each["price"], each["size"]) for each in entries]


def _last_of_betfairlightweight(path: Path) -> Any:  # noqa: ANN401 - it has no types
    client = betfairlightweight.APIClient("user", "password", "key")
    listener = betfairlightweight.StreamListener(max_latency=None)
    stream = client.streaming.create_historical_generator_stream(file_path=str(path), listener=listener)
    last = None
    for books in stream.get_generator()():
        last = books[0]
    return last


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--plan", "GOLD"), "'GOLD' is no plan. Give one of BASIC, ADVANCED, PRO."),
        (("--day", "2026-02-30"), "a day that the calendar does not have"),
        (("--day", "2026-07-04T12:00:00Z"), "is no date. Give one like 2026-07-04."),
        (("--races", "201"), "--races is 201. Give a number from 0 to 200."),
        (("--conflate", "-1s"), "--conflate is -1s. Give a duration from 0s up to 2m."),
        (
            ("--races", "0", "--greyhounds", "0", "--football", "0", "--tennis", "0"),
            "Nothing is to be made up.",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    betflow: CommandLine, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    """A request that makes no sense exits with 2, says the value and the limit, and writes nothing."""
    ran = betflow("sandbox", "generate", "--day", "2026-07-04", "--output", tmp_path / "day", *arguments)

    assert ExitCode.USAGE == ran.code
    assert says in ran.err
    assert not (tmp_path / "day").exists()


def test_nothing_unfinished_is_left(context: RunContext, tmp_path: Path) -> None:
    """When a day is interrupted its files are whole, and nothing else is there."""

    class Interrupting(SilentProgress):
        def advance(self, count: int = 1) -> None:
            raise KeyboardInterrupt(count)

    request = GenerateRequest(3, "2026-07-04", tmp_path / "day", 4, 0, 0, 0, workers=2)
    with pytest.raises(KeyboardInterrupt):
        generate(request, replace(context, progress=Interrupting()))

    left = [path for path in (tmp_path / "day").rglob("*") if path.is_file()]
    assert {".bz2"} == {path.suffix for path in left}
    assert not any(part.startswith(".") for path in left for part in path.relative_to(tmp_path).parts)
    for path in left:
        assert bz2.decompress(path.read_bytes()).endswith(b"}\n")


def test_the_archive_is_no_place_for_it(betflow: CommandLine, data_dir: Path) -> None:
    """Nothing is written among betflow's own records."""
    ran = betflow("sandbox", "generate", "--day", "2026-07-04", "--output", data_dir / "archive" / "x")

    assert ExitCode.USAGE == ran.code
    assert "is where betflow keeps its records" in ran.err


def test_a_file_is_no_folder(betflow: CommandLine, tmp_path: Path) -> None:
    """An --output that is a file is refused by name."""
    (tmp_path / "file").touch()
    ran = betflow("sandbox", "generate", "--day", "2026-07-04", "--output", tmp_path / "file")

    assert ExitCode.USAGE == ran.code
    assert f"{tmp_path / 'file'} is a file." in ran.err
