"""Which tapes a backtest plays, and which of them together."""

import tarfile
from pathlib import Path

import pytest

from betflow.errors import NotFoundError, UsageError
from betflow.jobs.backfill import BackfillRequest, backfill
from betflow.jobs.backtest_tapes import Plan, parse_query, plan
from betflow.jobs.runs import RunContext, SilentProgress
from betflow.jobs.workers import Workers
from betflow.tape.selection import FilterOptions
from races import race, race_lines


def planned(data_dir: Path, *sources: object) -> Plan:
    """Plan with one worker."""
    with Workers() as processes:
        return plan(
            tuple(map(str, sources)), data_dir, processes=processes, workers=1, progress=SilentProgress()
        )


def names(made: Plan) -> list[list[str]]:
    """Return the files of each group."""
    return [[tape.path.name for tape in group] for group in made.groups]


@pytest.fixture
def archive(tmp_path: Path, context: RunContext) -> Path:
    """Archive three races: 1.5 and 1.6 of an event at Ascot, 1.7 at Galway; return the data folder."""
    for market_id, event_id, country in (("1.5", "9", "GB"), ("1.7", "8", "IE"), ("1.6", "9", "GB")):
        race(tmp_path / market_id, market_id, event_id=event_id, countryCode=country)
    backfill(BackfillRequest(tuple(tmp_path / name for name in ("1.5", "1.6", "1.7"))), context)
    return context.data_dir


def test_tapes_of_an_event_are_played_together(tmp_path: Path) -> None:
    """Tapes whose definitions share an event are one group, at the place of the first."""
    for name, event_id in (("a", "1"), ("b", "2"), ("c", "1")):
        race(tmp_path / name, f"1.{ord(name)}", event_id=event_id)

    assert [["a", "c"], ["b"]] == names(planned(tmp_path, tmp_path))


def test_events_join_groups(tmp_path: Path) -> None:
    """A tape with markets of two events brings their tapes together, however they are ordered."""
    race(tmp_path / "a", "1.1", event_id="1")
    race(tmp_path / "b", "1.2", event_id="2")
    both = [*race_lines("1.3", event_id="2"), *race_lines("1.4", event_id="1")]
    (tmp_path / "c").write_bytes(b"\n".join(both))

    assert [["a", "b", "c"]] == names(planned(tmp_path, tmp_path))


def test_tapes_without_an_event_are_played_apart(tmp_path: Path) -> None:
    """Definitions that name no event share none."""
    race(tmp_path / "a", "1.1", event_id=None)
    race(tmp_path / "b", "1.2", event_id=None)

    assert [["a"], ["b"]] == names(planned(tmp_path, tmp_path))


def test_market_is_played_once(tmp_path: Path) -> None:
    """A second tape of a market is left out, with a finding that names the first."""
    first, second = race(tmp_path / "a", "1.1"), race(tmp_path / "b", "1.1", name="again")

    made = planned(tmp_path, first, second)

    assert [["a"]] == names(made)
    assert [("backtest.market-again", str(second))] == [(each.code, each.subject) for each in made.findings]
    assert str(first) in made.findings[0].message


def test_rest_of_a_tape_is_played(tmp_path: Path) -> None:
    """Of a tape with a market that another has, the other markets are played."""
    race(tmp_path / "a", "1.1")
    (tmp_path / "b").write_bytes(b"\n".join([*race_lines("1.1"), *race_lines("1.2")]))

    [group] = planned(tmp_path, tmp_path).groups

    assert [frozenset(), frozenset({"1.1"})] == [tape.without for tape in group]


def test_same_file_twice_is_one_tape(tmp_path: Path) -> None:
    """A file that is named twice is played once, without a finding."""
    tape = race(tmp_path / "a")

    made = planned(tmp_path, tape, tmp_path)

    assert ([["a"]], ()) == (names(made), made.findings)


def test_other_files_of_a_folder_are_skipped(tmp_path: Path) -> None:
    """A file in a folder that is no recording is skipped; a damaged recording is not."""
    race(tmp_path / "a")
    (tmp_path / "notes.txt").write_text("Hauraki looked well.\n")
    (tmp_path / "half").write_bytes(race_lines()[0][:50])

    made = planned(tmp_path, tmp_path)

    assert [["a"], ["half"]] == names(made)
    assert [tmp_path / "notes.txt"] == list(made.skipped)


def test_named_file_is_never_skipped(tmp_path: Path) -> None:
    """Who names a file wants it played, so that what is wrong with it shows."""
    notes = tmp_path / "notes.txt"
    notes.write_text("Hauraki looked well.\n")

    assert [["notes.txt"]] == names(planned(tmp_path, notes))


def test_members_of_a_tar_are_tapes_of_their_own(tmp_path: Path) -> None:
    """The members of an uncompressed tar are grouped by event as files are."""
    for name, event_id in (("a", "1"), ("b", "2"), ("c", "1")):
        race(tmp_path / name, f"1.{ord(name)}", event_id=event_id)
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        for name in "abc":
            tar.add(tmp_path / name, arcname=name)

    made = planned(tmp_path, tmp_path / "all.tar")

    assert [["a", "c"], ["b"]] == [[tape.part.name for tape in group if tape.part] for group in made.groups]


def test_tapes_behind_each_other_are_not_grouped(tmp_path: Path) -> None:
    """The members of a compressed tar can only be read in turn: they are one task."""
    for name in "ab":
        race(tmp_path / name, f"1.{ord(name)}")
    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as tar:
        for name in "ab":
            tar.add(tmp_path / name, arcname=name)

    [[tape]] = planned(tmp_path, tmp_path / "all.tar.gz").groups

    assert tape.has_several


def test_whole_archive_is_played_without_a_source(archive: Path) -> None:
    """Nothing named is everything in the archive, by scheduled off and then market, grouped by event."""
    made = planned(archive)

    assert [[{"1.5"}, {"1.6"}], [{"1.7"}]] == [
        [set(tape.markets or ()) for tape in group] for group in made.groups
    ]
    assert all(tape.sha256 == tape.path.stem for group in made.groups for tape in group)


@pytest.mark.parametrize(
    ("expected", "sources"),
    [
        ([{"1.7"}], ["country=IE"]),
        ([{"1.5"}, {"1.6"}, {"1.7"}], ["country=GB,IE", "settled=true", "1.7"]),
        ([{"1.7"}], ["1.7"]),
        ([{"1.5"}, {"1.6"}], ["country=GB event-type=horse-racing"]),
        ([{"1.5"}, {"1.6"}], ["1.6", "1.5", "1.6"]),
    ],
)
def test_markets_and_queries_choose_from_the_archive(
    archive: Path, expected: list[set[str]], sources: list[str]
) -> None:
    """Ids name markets, terms together make a query; both count, each market once, in the order of time."""
    made = planned(archive, *sources)

    chosen = [set(tape.markets or ()) for group in made.groups for tape in group]
    assert expected == chosen


def test_query_knows_the_words_of_the_list() -> None:
    """The names of a query are those that list the archive."""
    assert FilterOptions(
        event_types="7", venues="Ascot", from_time="2026-01-01", settled=False
    ) == parse_query(["event_type=7", "venue=Ascot", "from=2026-01-01", "settled=no"])


@pytest.mark.parametrize(
    ("error", "expected", "sources"),
    [
        (NotFoundError, "no market id and no query", ["nowhere"]),
        (NotFoundError, "no market 1.99 in the archive", ["1.99"]),
        (NotFoundError, "no market in the archive of .* is country=FR", ["country=FR"]),
        (UsageError, "no query knows 'contry'", ["contry=FR"]),
        (UsageError, "country is given twice", ["country=FR", "country=GB"]),
    ],
)
def test_source_that_is_nothing_is_refused(
    archive: Path, error: type[UsageError], expected: str, sources: list[str]
) -> None:
    """A word that is no path, no market and no query is an error that says so."""
    with pytest.raises(error, match=expected):
        planned(archive, *sources)


def test_empty_archive_is_refused(tmp_path: Path) -> None:
    """Nothing to play is an error that says how to get something."""
    with pytest.raises(NotFoundError, match=r"the archive of .* is empty"):
        planned(tmp_path)


def test_folder_without_tapes_is_refused(tmp_path: Path) -> None:
    """A folder in which nothing is a recording is an error."""
    (tmp_path / "notes.txt").write_text("Hauraki looked well.\n")

    with pytest.raises(NotFoundError, match="no tape in"):
        planned(tmp_path, tmp_path)


def test_order_of_the_sources_does_not_matter(tmp_path: Path) -> None:
    """The same tapes are the same plan, however they are given."""
    tapes = [race(tmp_path / name, f"1.{ord(name)}", event_id=name) for name in "ab"]

    assert planned(tmp_path, *tapes).groups == planned(tmp_path, *reversed(tapes)).groups


@pytest.mark.parametrize("source", ["", " ", "country=", "country= "])
def test_source_without_anything_in_it_is_refused(archive: Path, source: str) -> None:
    """An empty source comes of a variable that is not set: it must not mean everything."""
    with pytest.raises(UsageError):
        planned(archive, source)
