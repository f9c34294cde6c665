"""What is in the archive can be listed, shown, checked, exported and looked at, from the command line."""

import bz2
import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import betfairlightweight
import pyarrow.parquet as pq
import pytest
import zstandard

from betflow.errors import ExitCode, StorageError
from betflow.exchange.times import iso
from betflow.jobs import tape_verify
from betflow.tape import Tape
from betflow.tape import tapes as tapes_of
from changes import OFF_MS, defined
from command_line import CommandLine, Ran
from recordings import MARKET_ID, line, recorded_lines, recording
from tapes import tape, tapes
from wrapping import zipped


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow over an empty data folder."""
    return CommandLine(data_dir, capsys)


@pytest.fixture
def stocked(betflow: CommandLine, tmp_path: Path) -> CommandLine:
    """Return betflow over an archive of three markets."""
    later = "2026-02-20T12:00:00.000Z"
    (tmp_path / "1").write_bytes(recording("1.1", prices=9))
    (tmp_path / "2").write_bytes(
        recording("1.2", venue="York", countryCode="IE", marketTime=later, eventTypeId="4339")
    )
    (tmp_path / "3").write_bytes(b"\n".join(recorded_lines("1.3")[:-1]))
    assert 0 == betflow("backfill", *(tmp_path / name for name in "123")).code
    return betflow


def stored(betflow: CommandLine, market_id: str) -> Path:
    """Return the archive's file of a market."""
    return Path(betflow.json("tape", "show", market_id).data["tapes"][0]["path"])


@pytest.mark.parametrize(
    ("expected", "options"),
    [
        (["1.1", "1.3", "1.2"], []),
        (["1.1", "1.2", "1.3"], ["--sort", "id"]),
        (["1.1", "1.2", "1.3"], ["--sort", "messages"]),
        (["1.1", "1.3", "1.2"], ["--sort", "venue"]),
        (["1.2"], ["--country", "IE"]),
        (["1.2"], ["--event-type", "greyhounds"]),
        (["1.2"], ["--venue", "york"]),
        (["1.2"], ["--from", "2026-02-19"]),
        (["1.1", "1.3"], ["--to", "2026-02-19"]),
        (["1.1", "1.2"], ["--settled", "--sort", "id"]),
        (["1.3"], ["--unsettled"]),
        (["1.1"], ["--limit", "1"]),
        ([], ["--market-type", "PLACE"]),
    ],
)
def test_list_is_filtered_and_sorted(stocked: CommandLine, expected: list[str], options: list[str]) -> None:
    """Markets are listed as asked for."""
    ran = stocked.json("tape", "ls", *options)

    assert (0, expected) == (ran.code, [market["market_id"] for market in ran.data["markets"]])


def test_list_says_what_it_leaves_out(stocked: CommandLine) -> None:
    """A list that was cut says how many there are; ids are whole."""
    ran = stocked("tape", "ls", "--limit", "2")

    assert "2 of 3 markets" in ran.out
    assert ["1.1", "1.3"] == [row.split()[0] for row in ran.out.splitlines()[1:3]]


def test_list_of_nothing_says_what_to_do(betflow: CommandLine) -> None:
    """An empty archive is no error."""
    ran = betflow("tape", "ls")

    assert (0, True) == (ran.code, "betflow backfill" in ran.out)


@pytest.mark.parametrize(
    ("expected", "options"),
    [
        (["--country  GB, IE"], ["--country", "XX"]),
        (["--event-type  4339 (greyhound-racing), 7 (horse-racing)"], ["--event-type", "99"]),
        (["--venue  Ascot, York", "--country  GB, IE"], ["--venue", "York", "--country", "GB"]),
        (["--from  2026-02-18T14:00:00.000Z to 2026-02-20T12:00:00.000Z"], ["--from", "2027-01-01"]),
        (["--settled  2 settled, 1 unsettled"], ["--unsettled", "--venue", "York"]),
    ],
)
def test_filter_that_takes_nothing_says_what_there_is(
    stocked: CommandLine, expected: list[str], options: list[str]
) -> None:
    """Where markets are there and none fits, the answer names what each part of the filter could be."""
    ran = stocked("tape", "ls", *options)

    words = " ".join(ran.out.split())
    assert (0, True) == (ran.code, "None of the 3 markets in the archive fits." in ran.out)
    assert [] == [each for each in expected if " ".join(each.split()) not in words]
    assert "backfill" not in ran.out


def test_filter_over_an_empty_archive_says_how_to_fill_it(betflow: CommandLine) -> None:
    """Where there is no market at all, no filter is to blame."""
    assert "betflow backfill" in betflow("tape", "ls", "--country", "XX").out


def test_unknown_order_is_refused(betflow: CommandLine) -> None:
    """An order that does not exist is a usage error that names those that do."""
    ran = betflow("tape", "ls", "--sort", "luck")

    assert (ExitCode.USAGE, True) == (ran.code, "time, id, messages, venue" in ran.err)


def test_market_is_shown_with_results_and_timeline(stocked: CommandLine) -> None:
    """A market is shown with its definition, its runners' results, its states and its tape."""
    data = stocked.json("tape", "show", "1.1").data

    assert ("1.1", "Ascot", True, 11) == (
        *(data["market_id"], data["venue"], data["settled"]),
        data["messages"],
    )
    assert [(1, "WINNER", 2.5), (2, "LOSER", None)] == [
        (runner["selection_id"], runner["status"], runner["bsp"]) for runner in data["runners"]
    ]
    assert [(OFF_MS, "OPEN"), (OFF_MS + 1000, "CLOSED")] == [
        (change["publish_time"], change["status"]) for change in data["timeline"]
    ]
    assert Path(data["tapes"][0]["path"]).is_file()
    assert "WINNER" in stocked("tape", "show", "1.1").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "1.999"),
        ("verify", "1.999"),
        ("book", "1.999", "--at", "2026-01-01"),
        ("export", "1.999", "--format", "csv", "--output", "x.csv"),
        ("stats", "1.999"),
    ],
)
def test_market_that_is_not_there_is_refused_with_advice(
    betflow: CommandLine, arguments: tuple[str, ...]
) -> None:
    """A market that is not in the archive is a usage error that says how to find one."""
    ran = betflow("tape", *arguments)

    assert ExitCode.USAGE == ran.code
    assert "1.999" in ran.err
    assert "betflow tape ls" in ran.err


def test_control_characters_are_shown_not_obeyed(betflow: CommandLine, tmp_path: Path) -> None:
    """Names from a tape cannot control the terminal."""
    (tmp_path / "a").write_bytes(recording(venue="\x1b[31mred"))
    betflow("backfill", tmp_path / "a")

    assert "\x1b" not in betflow("tape", "ls").out + betflow("tape", "show", MARKET_ID).out


def test_sound_archive_is_whole(stocked: CommandLine) -> None:
    """An archive that nobody touched is whole."""
    ran = stocked.json("tape", "verify")

    assert (0, True, 3, []) == (ran.code, ran.data["is_whole"], ran.data["tapes"], ran.codes)


def test_changed_file_is_damage(stocked: CommandLine) -> None:
    """A file whose bytes changed is named, whether or not it can still be expanded."""
    path = stored(stocked, "1.1")
    path.write_bytes(zstandard.ZstdCompressor(level=19).compress(recording("1.1", prices=9)))
    recompressed = stocked.json("tape", "verify")
    path.write_bytes(zstandard.ZstdCompressor().compress(recording("1.7")))
    replaced = stocked.json("tape", "verify", "1.1")
    path.write_bytes(path.read_bytes()[:-20])
    cut = stocked.json("tape", "verify")

    assert (ExitCode.DAMAGED, ["tape.file-changed"]) == (recompressed.code, recompressed.codes)
    assert ["tape.file-changed", "tape.content-changed"] == replaced.codes
    assert (ExitCode.DAMAGED, True) == (cut.code, "tape.truncated" in cut.codes)
    assert (1, 3) == (cut.data["damaged"], cut.data["tapes"])


def test_missing_files_are_damage(stocked: CommandLine) -> None:
    """A tape that is gone, a manifest that is gone and a manifest that is none are each named."""
    stored(stocked, "1.1").unlink()
    stored(stocked, "1.2").with_suffix(".json").unlink()
    stored(stocked, "1.3").with_suffix(".json").write_text("{}")

    ran = stocked.json("tape", "verify")

    assert ExitCode.DAMAGED == ran.code
    assert ["tape.manifest-damaged", "tape.manifest-missing", "tape.missing"] == sorted(ran.codes)


def test_damage_of_the_source_is_remembered(betflow: CommandLine, tmp_path: Path) -> None:
    """What was lost on the way in is told by verify, although the kept part is sound."""
    content = bz2.compress(recording(prices=20_000))
    (tmp_path / "a").write_bytes(content[: len(content) // 2])
    betflow("backfill", tmp_path / "a")

    ran = betflow.json("tape", "verify")

    assert (ExitCode.DAMAGED, True) == (ran.code, "tape.truncated" in ran.codes)


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        (b'"WINNER"', b'"LOSER"'),
        (b'"kind":"official-pro"', b'"kind":"raw-stream"'),
        (b'"messages":11,"other"', b'"messages":12,"other"'),
    ],
)
def test_manifest_that_tells_something_else_is_damage(
    stocked: CommandLine, told: bytes, instead: bytes
) -> None:
    """A manifest that was edited is noticed by comparing it with its tape, and by its hash in the journal."""
    manifest = stored(stocked, "1.1").with_suffix(".json")
    content = manifest.read_bytes()
    manifest.write_bytes(content.replace(told, instead))

    verified, audited = stocked.json("tape", "verify"), stocked.json("audit", "verify")

    assert content != manifest.read_bytes()
    assert (ExitCode.DAMAGED, ["tape.manifest-altered"]) == (verified.code, verified.codes)
    assert (ExitCode.DAMAGED, ["audit.file-changed"]) == (audited.code, audited.codes)


def damaged_recordings() -> dict[str, bytes]:
    """Return recordings that an import takes as far as they can be read, by what is wrong."""
    lines = recorded_lines(prices=300)
    whole = b"".join(each + b"\n" for each in lines)
    price = line(OFF_MS + 1, {"id": MARKET_ID, "rc": [{"id": 1, "atb": [[5.3]]}]})
    return {
        "half line": whole[:-40],
        "no JSON": b"\n".join([*lines[:5], b"{", *lines[5:]]),
        "a price that is none": b"\n".join([lines[0], price, *lines[1:]]),
        "truncated gz": gzip.compress(whole * 50)[:-3000],
        "truncated bz2": bz2.compress(whole * 200)[:-200],
        "byte order mark": b"\xef\xbb\xbf" + whole,
        "time that cannot be": b"\n".join([*lines, line(-5, {"id": MARKET_ID})]),
    }


@pytest.mark.parametrize("name", damaged_recordings())
def test_manifest_of_a_damaged_tape_is_not_called_altered(
    betflow: CommandLine, tmp_path: Path, name: str
) -> None:
    """What an import could not read, or did not look at, makes its manifest no false one."""
    (tmp_path / "a").write_bytes(damaged_recordings()[name])
    assert 1 == betflow.json("backfill", tmp_path / "a").data["imported"]

    assert "tape.manifest-altered" not in betflow.json("tape", "verify").codes


def test_fragment_does_not_hide_a_damaged_whole_tape(betflow: CommandLine, tmp_path: Path) -> None:
    """A market is read from its settled tape, half a line at the end of which is a finding."""
    (tmp_path / "whole").write_bytes(recording(prices=9) + b'{"op":"mcm","pt":17')
    (tmp_path / "fragment").write_bytes(b"\n".join(recorded_lines()[:2]))
    betflow("backfill", tmp_path / "whole", tmp_path / "fragment")

    ran = betflow.json("tape", "book", MARKET_ID, "--at", "2027-01-01")

    assert ("CLOSED", ["tape.half-line"]) == (ran.data["status"], ran.codes)


def test_oddities_alone_are_findings(betflow: CommandLine, tmp_path: Path) -> None:
    """What is odd but readable is a finding, not damage."""
    lines = recorded_lines()
    (tmp_path / "a").write_bytes(b"\n".join([*lines, lines[3], lines[3]]))
    betflow("backfill", tmp_path / "a")

    ran = betflow.json("tape", "verify")

    assert (ExitCode.FINDINGS, True) == (ran.code, ran.data["is_whole"])
    assert {"tape.time-backwards", "tape.duplicate-lines"} == set(ran.codes)


def test_files_can_be_verified_before_an_import(betflow: CommandLine, tmp_path: Path) -> None:
    """Files and folders are looked at line by line, prices included."""
    bad = line(OFF_MS + 1, {"id": MARKET_ID, "rc": [{"id": 1, "atb": [[5.3]]}]})
    first, *rest = recorded_lines()
    (tmp_path / "bad").write_bytes(b"\n".join([first, bad, *rest]))
    (tmp_path / "good").write_bytes(recording())

    assert (ExitCode.DAMAGED, ["tape.line-damaged"]) == (
        (ran := betflow.json("tape", "verify", tmp_path / "bad", tmp_path / "good")).code,
        ran.codes,
    )
    assert 0 == betflow("tape", "verify", tmp_path / "good").code


def test_people_see_what_is_wrong(stocked: CommandLine) -> None:
    """The verdict is a word and a table."""
    assert "verdict  whole" in stocked("tape", "verify").out
    stored(stocked, "1.1").unlink()
    assert "verdict  DAMAGED" in stocked("tape", "verify").out


def test_book_is_that_of_the_last_message_before(stocked: CommandLine) -> None:
    """The book is the one after the last message at or before the moment, given either way."""
    for at, best in ((OFF_MS, None), (OFF_MS + 100, 2.0), (OFF_MS + 299, 2.01), (OFF_MS + 300, 2.02)):
        for text in (str(at), iso(at)):
            ran = stocked.json("tape", "book", "1.1", "--at", text, "--depth", "1")
            ladder = ran.data["runners"][0]["available_to_back"]
            assert (0, [] if best is None else [best]) == (ran.code, [entry["price"] for entry in ladder])


def test_book_before_the_tape_is_refused_with_its_beginning(stocked: CommandLine) -> None:
    """Before the first message there is no book; the error says when the tape begins."""
    ran = stocked("tape", "book", "1.1", "--at", str(OFF_MS - 1))

    assert (ExitCode.USAGE, True) == (ran.code, "2026-02-18T14:00:00.000+00:00" in ran.err)


def test_book_after_the_tape_is_the_last(stocked: CommandLine) -> None:
    """After the last message the book stays as it was."""
    assert "CLOSED" == stocked.json("tape", "book", "1.1", "--at", "2030-01-01").data["status"]


def test_book_of_a_file_with_several_markets_needs_one(betflow: CommandLine, tmp_path: Path) -> None:
    """Of a file with several markets one has to be named."""
    lines = [line(OFF_MS, {"id": each, "marketDefinition": defined()}) for each in ("1.1", "1.2")]
    (tmp_path / "a").write_bytes(b"\n".join(lines))

    refused = betflow("tape", "book", tmp_path / "a", "--at", "2030-01-01")
    taken = betflow.json("tape", "book", tmp_path / "a", "--at", "2030-01-01", "--market", "1.2")

    assert (ExitCode.USAGE, True) == (refused.code, "--market" in refused.err)
    assert "1.2" == taken.data["market_id"]


def test_book_is_shown_with_the_best_in_the_middle(betflow: CommandLine) -> None:
    """People see prices to back, best last, and to lay, best first, as on Betfair's page."""
    ran = betflow("tape", "book", tape("1.127236622"), "--at", "2016-10-01T05:59:00Z")

    [row] = [row for row in ran.out.splitlines() if "Palentino" in row]
    assert "6.2×447.35 6.4×632.68 6.6×788.83" in row
    assert "6.8×313.01 7×922.79 7.2×956.98" in row


@pytest.mark.parametrize("number", range(10))
def test_official_export_of_every_tape_is_read_by_betfairlightweight(
    betflow: CommandLine, tmp_path: Path, number: int
) -> None:
    """Betfairlightweight reads the export of each recorded tape, and its last book has the tape's prices."""
    source = tapes()[number]
    books = Tape(source)
    market_id = next(book.market_id for book in books)
    output = tmp_path / market_id
    arguments = ("tape", "export", source, "--format", "official", "--output", output, "--market", market_id)
    assert 0 == betflow(*arguments).code

    last = last_book(output)

    for _ in books:
        pass
    ours = books.books.books[market_id]
    assert {(runner.selection_id, runner.handicap): runner.last_price_traded for runner in ours.runners} == {
        (runner["selectionId"], runner["handicap"]): runner["lastPriceTraded"] for runner in last["runners"]
    }
    for runner in last["runners"]:
        own = ours.runner(runner["selectionId"], runner["handicap"])
        assert own is not None
        backs = [(entry["price"], entry["size"]) for entry in runner["ex"]["availableToBack"]]
        assert own.back_ladder == backs


def last_book(path: Path) -> dict[str, Any]:
    """Return the last book that betfairlightweight makes of a file."""
    client = betfairlightweight.APIClient("user", "password", "key", lightweight=True)
    listener = betfairlightweight.StreamListener(max_latency=None, lightweight=True, update_clk=False)
    stream = client.streaming.create_historical_generator_stream(file_path=str(path), listener=listener)
    last: dict[str, Any] = {}
    for books in stream.get_generator()():
        last = books[0]
    return last


@pytest.mark.parametrize(
    ("suffix", "expand"),
    [
        (".bz2", bz2.decompress),
        (".gz", gzip.decompress),
        (".zst", lambda content: zstandard.ZstdDecompressor().decompressobj().decompress(content)),
        (".json", bytes),
    ],
)
def test_export_is_compressed_as_its_name_says(
    stocked: CommandLine,
    tmp_path: Path,
    suffix: str,
    expand: Any,  # noqa: ANN401 - functions of many kinds
) -> None:
    """The same market twice gives the same bytes, compressed as the name says, and 11 lines."""
    contents = []
    for folder in ("a", "b"):
        output = tmp_path / folder / f"market{suffix}"
        output.parent.mkdir()
        ran = stocked.json("tape", "export", "1.1", "--format", "official", "--output", output)
        assert (0, 11) == (ran.code, ran.data["lines"])
        contents.append(output.read_bytes())

    assert contents[0] == contents[1]
    assert 11 == expand(contents[0]).count(b"\n")


def test_rows_are_the_same_in_csv_and_parquet(stocked: CommandLine, tmp_path: Path) -> None:
    """A row for each runner that a message changed, with the same values in both formats."""
    for name in ("csv", "parquet"):
        ran = stocked.json("tape", "export", "1.1", "--format", name, "--output", tmp_path / f"a.{name}")
        assert (0, 9) == (ran.code, ran.data["rows"])

    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    typed = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert ("1.1", "2.01", "5.0", "", "false") == (
        *(rows[1]["market_id"], rows[1]["best_back"], rows[1]["best_back_size"]),
        *(rows[1]["best_lay"], rows[1]["in_play"]),
    )
    assert [(float(row["best_back"]), int(row["publish_time"])) for row in rows] == [
        (row["best_back"], row["publish_time"]) for row in typed
    ]


def test_missing_extra_is_named(
    stocked: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pyarrow, parquet is a configuration error that names the extra; nothing is written."""
    monkeypatch.setattr("betflow.jobs.exports.importlib.util.find_spec", lambda _name: None)

    ran = stocked("tape", "export", "1.1", "--format", "parquet", "--output", tmp_path / "a.parquet")

    assert (ExitCode.CONFIGURATION, True) == (ran.code, "betflow[parquet]" in ran.err)
    assert not (tmp_path / "a.parquet").exists()


@pytest.mark.parametrize(
    ("market_format", "output"), [("xml", "a.xml"), ("csv", "missing/a.csv"), ("csv", ".")]
)
def test_export_that_cannot_be_is_refused(
    stocked: CommandLine, tmp_path: Path, market_format: str, output: str
) -> None:
    """An unknown format, a missing folder and a folder as output are usage errors."""
    ran = stocked("tape", "export", "1.1", "--format", market_format, "--output", tmp_path / output)

    assert ExitCode.USAGE == ran.code


def test_export_does_not_overwrite_its_source(betflow: CommandLine, tmp_path: Path) -> None:
    """A tape is not replaced by an export of itself."""
    path = tmp_path / "tape"
    path.write_bytes(recording())

    ran = betflow("tape", "export", path, "--format", "official", "--output", path)

    assert (ExitCode.USAGE, recording()) == (ran.code, path.read_bytes())


@pytest.mark.parametrize(
    ("market_format", "name"),
    [
        ("csv", "x.parquet"),
        ("parquet", "x.csv"),
        ("official", "x.csv"),
        ("official", "x.xz"),
        ("csv", "x.csv.gz"),
    ],
)
def test_export_with_the_name_of_another_format_is_refused(
    stocked: CommandLine, tmp_path: Path, market_format: str, name: str
) -> None:
    """A file is not written under a name that says something else than what is in it."""
    ran = stocked("tape", "export", "1.1", "--format", market_format, "--output", tmp_path / name)

    assert (ExitCode.USAGE, False) == (ran.code, (tmp_path / name).exists())
    assert f"--format {market_format}" in ran.err


def test_export_is_recorded(stocked: CommandLine, tmp_path: Path) -> None:
    """The written file is an artifact of the run, with its hash."""
    ran = stocked.json("tape", "export", "1.1", "--format", "csv", "--output", tmp_path / "a.csv")

    [artifact] = ran.envelope["artifacts"]
    size = (tmp_path / "a.csv").stat().st_size
    assert (str(tmp_path / "a.csv"), size) == (artifact["path"], artifact["bytes"])


def test_folder_without_tapes_is_not_called_whole(betflow: CommandLine, tmp_path: Path) -> None:
    """Where nothing was verified, that is a finding."""
    folder = tmp_path / "folder"
    folder.mkdir()

    ran = betflow.json("tape", "verify", folder)

    assert (ExitCode.FINDINGS, ["verify.no-tapes"]) == (ran.code, ran.codes)


def test_verify_passes_over_what_is_no_tape(betflow: CommandLine, tmp_path: Path) -> None:
    """In a folder and in an archive, verify leaves alone and lists what backfill skips."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "README.md").write_text("# Tapes")
    (folder / "1.197931750.json").write_text('[{"marketId": "1.197931750"}]')
    (folder / "data.zip").write_bytes(zipped({"tape": recording(), "notes.csv": b"a,b\n1,2\n"}))

    ran = betflow.json("tape", "verify", folder)

    assert (0, 1, 3, True) == (*(ran.code, ran.data["tapes"], ran.data["skipped"]), ran.data["is_whole"])
    assert ran.data["skipped_files"] == betflow.json("backfill", folder).data["skipped_files"]


@pytest.mark.parametrize("name", ["1.234567890.bz2", "README.md"])
def test_verify_calls_damaged_what_was_to_be_a_tape(betflow: CommandLine, tmp_path: Path, name: str) -> None:
    """A file with a tape's name in a folder, and any file that is named itself, has to be a tape."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / name).write_text("<html>404</html>")

    in_folder, named = betflow.json("tape", "verify", folder), betflow("tape", "verify", folder / name)

    assert ExitCode.DAMAGED == named.code
    assert (name != "README.md") == (in_folder.code == ExitCode.DAMAGED)


def test_verify_goes_on_behind_a_file_that_cannot_be_read(
    betflow: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that may not be read is damage that says so, and the others are verified."""
    (tmp_path / "a").write_bytes(recording())
    (tmp_path / "b").write_bytes(recording())

    def tapes_or_refusal(path: Path) -> Iterator[Tape]:
        if path.name == "a":
            raise StorageError("a cannot be opened: Permission denied.", advice="Check its permissions.")
        return tapes_of(path)

    monkeypatch.setattr(tape_verify, "tapes", tapes_or_refusal)
    ran = betflow.json("tape", "verify", tmp_path / "a", tmp_path / "b")

    assert (ExitCode.DAMAGED, ["tape.unreadable"], 2) == (ran.code, ran.codes, ran.data["tapes"])


def reading_commands(tmp_path: Path) -> dict[str, list[str]]:
    """Return the commands that read a tape, without it."""
    at = ["--at", str(OFF_MS + 100_000)]
    return {
        "stats": ["tape", "stats"],
        "candles": ["candles"],
        "book": ["tape", "book", *at],
        "csv": ["tape", "export", "--format", "csv", "--output", str(tmp_path / "out.csv")],
        "official": ["tape", "export", "--format", "official", "--output", str(tmp_path / "out")],
    }


READING = sorted(reading_commands(Path()))


@pytest.mark.parametrize("name", ["stats", "candles", "book"])
def test_volume_that_cannot_be_is_left_out_with_its_place(
    betflow: CommandLine, tmp_path: Path, name: str
) -> None:
    """A damaged volume is a finding that counts them and leads to the first; the rest is answered."""
    path = tmp_path / "tape"
    changes: list[dict[str, Any]] = [
        {"marketDefinition": defined()},
        {"rc": [{"id": 1, "trd": [[2, 10], [3, -1], [4, "NaN"]]}]},
        {"rc": [{"id": 1, "trd": [[2, "Infinity"]]}]},
    ]
    lines = [line(OFF_MS + at, {"id": "1.1", **each}) for at, each in enumerate(changes)]
    path.write_bytes(b"\n".join(lines))

    ran = betflow.json(*reading_commands(tmp_path)[name], path)

    assert (ExitCode.FINDINGS, ["tape.volume-impossible"]) == (ran.code, ran.codes)
    where = {"line": 2, "offset": len(lines[0]) + 1, "count": 3}
    assert where == ran.envelope["findings"][0]["where"]


@pytest.mark.parametrize("name", READING)
@pytest.mark.parametrize(
    "content", [b"", bz2.compress(recording())[:60], b'{"op":"mcm"', b'{"op":"mcm"}\n' * 3]
)
def test_file_that_cannot_be_read_at_all_is_damage(
    betflow: CommandLine, tmp_path: Path, name: str, content: bytes
) -> None:
    """Where nothing of a file can be read, every command says what ``tape verify`` says: damaged."""
    path = tmp_path / "tape"
    path.write_bytes(content)

    ran = betflow(*reading_commands(tmp_path)[name], path)

    assert ExitCode.DAMAGED == ran.code == betflow("tape", "verify", path).code
    assert "source again" in ran.err


@pytest.mark.parametrize("name", READING)
def test_file_that_can_be_read_in_part_is_a_finding(betflow: CommandLine, tmp_path: Path, name: str) -> None:
    """What was read before the damage is answered, with a finding."""
    path = tmp_path / "tape"
    content = bz2.compress(recording(prices=20_000))
    path.write_bytes(content[: len(content) * 3 // 4])

    ran = betflow.json(*reading_commands(tmp_path)[name], path)

    assert (ExitCode.FINDINGS, ["tape.truncated"]) == (ran.code, ran.codes)


@pytest.mark.parametrize("name", READING)
def test_archived_tape_that_is_gone_is_damage_with_the_command_that_restores_it(
    stocked: CommandLine, tmp_path: Path, name: str
) -> None:
    """The error names the import that brings the tape back, and that import does."""
    command = reading_commands(tmp_path)[name]
    path = stored(stocked, "1.1")
    path.unlink()

    ran = stocked(*command, "1.1")
    assert (ExitCode.DAMAGED, False) == (ran.code, (tmp_path / "out.csv").exists())
    assert f"`betflow backfill {tmp_path / '1'}` restores it" in ran.err

    stocked("backfill", tmp_path / "1")
    assert (0, True) == (stocked(*command, "1.1").code, path.is_file())


@pytest.mark.parametrize("name", READING)
def test_archived_tape_that_is_something_else_is_damage(
    stocked: CommandLine, tmp_path: Path, name: str
) -> None:
    """A file in the archive without a change of its market is damaged, and nothing is written."""
    path = stored(stocked, "1.1")
    path.write_bytes(zstandard.ZstdCompressor().compress(recording("1.7")))

    ran = stocked(*reading_commands(tmp_path)[name], "1.1")

    assert (ExitCode.DAMAGED, []) == (ran.code, list(tmp_path.glob("out*")))
    assert f"Remove {path}, then run `betflow backfill {tmp_path / '1'}`" in ran.err


def test_second_best_tape_is_read_where_the_best_is_gone(betflow: CommandLine, tmp_path: Path) -> None:
    """Another tape of the market answers, with a finding that says which one did not."""
    for name, prices in (("best", 9), ("other", 5)):
        (tmp_path / name).write_bytes(recording("1.1", prices=prices))
    betflow("backfill", tmp_path / "best", tmp_path / "other")
    best = stored(betflow, "1.1")
    best.unlink()

    ran = betflow.json("tape", "stats", "1.1")

    assert (ExitCode.FINDINGS, ["tape.missing"]) == (ran.code, ran.codes)
    assert (7, str(best)) == (ran.data["messages"], ran.envelope["findings"][0]["subject"])


def test_damage_of_the_source_is_told_by_every_answer(betflow: CommandLine, tmp_path: Path) -> None:
    """What was lost on the way in is a finding of what is made of the rest."""
    content = bz2.compress(recording(prices=20_000))
    (tmp_path / "a").write_bytes(content[: len(content) * 3 // 4])
    betflow("backfill", tmp_path / "a")

    for command in reading_commands(tmp_path).values():
        assert "tape.truncated" in betflow.json(*command, MARKET_ID).codes


@pytest.mark.parametrize("name", ["stats", "candles", "book"])
def test_oddities_are_told_once_for_each_kind(betflow: CommandLine, tmp_path: Path, name: str) -> None:
    """Times that go backwards, repeated messages and a late definition are counted, with the first place."""
    first, *rest = recorded_lines()
    lines = [*rest[:3], rest[2], first, rest[0], rest[3], rest[1]]
    path = tmp_path / "tape"
    path.write_bytes(b"\n".join(lines))

    findings = betflow.json(*reading_commands(tmp_path)[name], path).envelope["findings"]

    starts = [sum(len(each) + 1 for each in lines[:number]) for number in range(len(lines))]
    assert {
        "tape.duplicate-lines": {"line": 4, "offset": starts[3], "count": 1},
        "tape.time-backwards": {"line": 5, "offset": starts[4], "count": 2, "milliseconds": 300},
        "tape.definition-missing": {"line": 1, "offset": 0, "count": 4},
    } == {finding["code"]: finding["where"] for finding in findings}


def test_second_change_in_a_message_is_no_repetition(betflow: CommandLine, tmp_path: Path) -> None:
    """A message may change a market twice; that is one message."""
    twice: list[dict[str, Any]] = [
        {"id": "1.1", "marketDefinition": defined()},
        {"id": "1.1", "rc": [{"id": 1, "ltp": 2}]},
    ]
    (tmp_path / "tape").write_bytes(line(OFF_MS, *twice))

    ran = betflow.json("tape", "stats", tmp_path / "tape")

    assert (0, 2) == (ran.code, ran.data["messages"])


def book_prices(ran: Ran) -> list[float]:
    """Return the prices to back of the first runner."""
    return sorted(entry["price"] for entry in ran.data["runners"][0]["available_to_back"])


@pytest.mark.parametrize(
    ("expected", "later", "at"),
    [
        ([2.0], 0, 100),
        ([2.0, 2.01, 2.02], 1, 250),
        ([2.0, 2.01, 2.02], 0, 300),
        ([2.0, 2.01, 2.02, 2.03, 2.04], 1, 450),
        ([2.0, 2.01, 2.02, 2.03, 2.04], 0, 10**12),
    ],
)
def test_book_is_exact_where_times_go_backwards(
    betflow: CommandLine, tmp_path: Path, expected: list[float], later: int, at: int
) -> None:
    """The book is that after the last message of the tape that was published by then, with all before it."""
    times = (100, 300, 200, 10**11, 400)
    rows: list[dict[str, Any]] = [
        {"rc": [{"id": 1, "atb": [[2 + number / 100, 5]]}]} for number in range(len(times))
    ]
    rows[0]["marketDefinition"] = defined()
    lines = [line(OFF_MS + time, {"id": "1.1", **row}) for time, row in zip(times, rows, strict=True)]
    (tmp_path / "tape").write_bytes(b"\n".join(lines))

    ran = betflow.json("tape", "book", tmp_path / "tape", "--at", str(OFF_MS + at))

    assert expected == book_prices(ran)
    assert [later] * bool(later) == [
        finding["where"]["count"]
        for finding in ran.envelope["findings"]
        if finding["code"] == "book.later-included"
    ]


def test_market_without_prices_is_exported_without_rows(betflow: CommandLine, tmp_path: Path) -> None:
    """A tape that has definitions only was read, although there is nothing to write."""
    (tmp_path / "tape").write_bytes(line(OFF_MS, {"id": "1.1", "marketDefinition": defined()}))

    ran = betflow.json(*reading_commands(tmp_path)["csv"], tmp_path / "tape")

    assert (0, 0) == (ran.code, ran.data["rows"])


def test_tape_without_manifest_is_read_all_the_same(stocked: CommandLine) -> None:
    """Where the manifest beside a tape is gone, the tape answers, with a finding."""
    stored(stocked, "1.1").with_suffix(".json").unlink()

    ran = stocked.json("tape", "stats", "1.1")

    assert (ExitCode.FINDINGS, ["tape.manifest-damaged"]) == (ran.code, ran.codes)


def test_market_that_comes_late_in_a_file_is_not_overlooked(betflow: CommandLine, tmp_path: Path) -> None:
    """A second market makes a file one of several, wherever it begins."""
    lines = [*recorded_lines("1.1", prices=500), *recorded_lines("1.2")]
    (tmp_path / "tape").write_bytes(b"\n".join(lines))

    ran = betflow("tape", "stats", tmp_path / "tape")

    assert ExitCode.USAGE == ran.code
    assert "holds at least 2 markets" in ran.err
