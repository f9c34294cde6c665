"""Recorded tapes as a feed: as if now, in order, each market once, and whole."""

import bz2
import json
import tarfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from betflow.errors import NotFoundError
from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.times import epoch_ms, iso
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.feed.tapes import TapeFeed
from betflow.sandbox.generator.day import Day, Programme
from betflow.sandbox.generator.publisher import Plan
from betflow.tape import Tape
from betflow.wire.stream import MarketChangeMessage
from changes import OFF_MS, defined
from tapes import tape

BEGINS = epoch_ms("2026-11-02T20:15:30Z")
FIRST_OFF = epoch_ms("2026-11-02T20:19:00Z")
FOREVER = BEGINS + 10**12
EVERYTHING = 10**10
"""A first off so late that no tape begins before the sandbox does."""


def write(path: Path, *messages: tuple[int, dict[str, Any]], market_id: str = "1.1") -> Path:
    """Write a tape of one market: when each change was published, relative to the off, and what it says."""
    lines = [
        json.dumps({"op": "mcm", "clk": "1", "pt": OFF_MS + at, "mc": [{"id": market_id, **change}]})
        for at, change in messages
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def definition(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a definition may have
    """Return a change with a definition."""
    return {"marketDefinition": defined(eventId="7", eventTypeId="7", **changes)}


def prices(runner: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a change may have
    """Return a change of a runner's prices."""
    return {"rc": [{"id": runner, **changes}]}


def played(*paths: Path, first_off: int = 180_000, longest_gap: int | None = 300_000) -> list[FeedChange]:
    """Return all changes of a feed."""
    feed = TapeFeed(paths, begins=BEGINS, first_off=first_off, longest_gap=longest_gap)
    changes = list(feed.take(FOREVER))
    feed.close()
    return changes


def folded(changes: list[FeedChange]) -> Iterator[MarketBook]:
    """Yield the book after each change."""
    return MarketBooks().fold(MarketChangeMessage(pt=each.at, mc=[each.change]) for each in changes)


def test_the_off_is_a_few_minutes_after_the_beginning(tmp_path: Path) -> None:
    """The scheduled off is at the first whole minute that is three minutes after the sandbox begins."""
    path = write(tmp_path / "1.1", (-600_000, definition()), (5_000, definition(inPlay=True)))

    image, turns_in_play = played(path)

    assert image.change.market_definition is not None
    assert iso(FIRST_OFF) == image.change.market_definition.market_time
    assert FIRST_OFF + 5_000 == turns_in_play.at


def test_every_time_in_a_definition_is_moved(tmp_path: Path) -> None:
    """Suspension, settlement and removals are as far from the off as they were, and so is the event."""
    gone = {"id": 1, "status": "REMOVED", "removalDate": "2026-02-18T13:40:00.000Z"}
    closed = definition(
        status="CLOSED",
        suspendTime="2026-02-18T14:00:00.000Z",
        openDate="2026-02-18T13:00:00.000Z",
        settledTime="2026-02-18T14:05:01.000Z",
        runners=[gone],
    )

    _, last = played(write(tmp_path / "1.1", (-60_000, definition()), (301_000, closed)))

    moved = last.change.market_definition
    assert moved is not None
    assert moved.runners is not None
    assert "2026-11-02T20:19:00.000Z" == moved.suspend_time
    assert "2026-11-02T19:19:00.000Z" == moved.open_date
    assert "2026-11-02T20:24:01.000Z" == moved.settled_time
    assert "2026-11-02T19:59:00.000Z" == moved.runners[0].removal_date


def test_what_was_before_is_an_image(tmp_path: Path) -> None:
    """What was published before the sandbox begins comes as one image of how the market stands by then."""
    path = write(
        tmp_path / "1.1",
        (-900_000, definition()),
        (-800_000, prices(atb=[[2.0, 5.0], [1.9, 7.0]], trd=[[2.0, 4.0]], ltp=2.0)),
        (-700_000, prices(atb=[[2.0, 0]], trd=[[2.2, 6.0]], tv=6.0)),
        (-100_000, prices(atl=[[2.1, 3.0]])),
    )

    image, delta = played(path)

    assert (BEGINS, True) == (image.at, image.change.img)
    assert image.change.rc is not None
    (runner,) = image.change.rc
    assert ([(1.9, 7.0)], [(2.0, 4.0), (2.2, 6.0)], 10.0, 2.0) == (
        runner.atb,
        runner.trd,
        runner.tv,
        runner.ltp,
    )
    assert FIRST_OFF - 100_000 == delta.at


def test_a_runners_volume_is_added_up(tmp_path: Path) -> None:
    """The volume of official files, which is that of a change, becomes all that was traded on the runner."""
    path = write(
        tmp_path / "1.1",
        (-50_000, definition()),
        (-40_000, prices(trd=[[2.0, 4.0]], tv=4.0)),
        (-30_000, prices(trd=[[2.0, 6.0], [2.2, 0.5]], tv=6.5)),
        (-20_000, prices(trd=[[2.1, 1.0]], tv=1.0)),
        (-10_000, prices(trd=[[2.0, 0], [2.1, 0], [2.2, 0]], tv=0)),
    )

    changes = [each.change.rc for each in played(path) if each.change.rc]

    assert [4.0, 6.5, 7.5, 0.0] == [runner.tv for (runner,) in changes]


def test_a_market_without_a_definition_waits_for_it(tmp_path: Path) -> None:
    """Of a tape that begins with prices, nothing is shown before the definition comes; then everything is."""
    path = write(
        tmp_path / "1.1",
        (-50_000, prices(atb=[[2.0, 5.0]])),
        (-40_000, definition()),
    )

    (image,) = played(path, first_off=EVERYTHING)

    assert image.change.img
    assert image.change.rc is not None
    assert [(2.0, 5.0)] == image.change.rc[0].atb


def test_the_better_of_two_tapes_is_played(tmp_path: Path) -> None:
    """A market on two tapes is played once, from the one with all offers; a finding names the other."""
    poor = write(tmp_path / "a", (-50_000, definition()), (-40_000, prices(batb=[[0, 9.0, 1.0]])))
    rich = write(tmp_path / "b", (-50_000, definition()), (-40_000, prices(atb=[[2.0, 5.0]])))
    feed = TapeFeed([poor, rich], begins=BEGINS)

    changes = [each.change for each in feed.take(FOREVER)]

    assert [[(2.0, 5.0)]] == [each.rc[0].atb for each in changes if each.rc]
    assert [("feed.market-again", str(poor))] == [(each.code, each.subject) for each in feed.findings]
    feed.close()


def test_tapes_of_one_race_stay_together(tmp_path: Path) -> None:
    """Two markets of a race keep their distance; a race a day later comes after the longest gap."""
    later = {"marketTime": "2026-02-19T14:00:00.000Z"}
    win = write(tmp_path / "1.1", (-50_000, definition()))
    place = write(tmp_path / "1.2", (-30_000, definition()), market_id="1.2")
    next_day = write(tmp_path / "1.3", (86_400_000 - 20_000, definition(**later)), market_id="1.3")

    times = {each.change.id: each.at for each in played(win, place, next_day)}

    assert {"1.1": FIRST_OFF - 50_000, "1.2": FIRST_OFF - 30_000, "1.3": FIRST_OFF + 280_000} == times


def test_distances_can_be_kept(tmp_path: Path) -> None:
    """Without a longest gap a race a day later is a day later."""
    later = {"marketTime": "2026-02-19T14:00:00.000Z"}
    today = write(tmp_path / "1.1", (-50_000, definition()))
    next_day = write(tmp_path / "1.3", (86_400_000 - 20_000, definition(**later)), market_id="1.3")

    times = {each.change.id: each.at for each in played(today, next_day, longest_gap=None)}

    assert FIRST_OFF + 86_400_000 - 20_000 == times["1.3"]


def test_a_tape_that_ends_before_the_off_is_played_from_its_beginning(tmp_path: Path) -> None:
    """Of a tape of which nothing would be left, everything is seen, with the off as far away as it was."""
    path = write(tmp_path / "1.1", (-7_200_000, definition()), (-7_100_000, prices(atb=[[2.0, 5.0]])))

    image, delta = played(path)

    assert image.change.market_definition is not None
    assert iso(BEGINS + 7_200_000) == image.change.market_definition.market_time
    assert BEGINS + 100_000 == delta.at


def test_damage_is_a_finding_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Of a tape with a line that is no message, and of others, everything else is played."""
    damaged = write(tmp_path / "1.1", (-50_000, definition()))
    with damaged.open("a") as file:
        file.write('{"op":"mcm","pt":')
    sound = write(tmp_path / "1.2", (-50_000, definition()), market_id="1.2")
    feed = TapeFeed([tmp_path], begins=BEGINS)

    markets = [each.change.id for each in feed.take(FOREVER)]

    assert ["1.1", "1.2"] == markets
    assert [("tape.half-line", str(damaged))] == [(each.code, each.subject) for each in feed.findings]
    assert sound.is_file()
    feed.close()


def test_a_tape_that_went_away_is_a_finding(tmp_path: Path) -> None:
    """A tape that is gone, or may not be read, when its time comes costs nothing of the others."""
    gone = write(tmp_path / "1.1", (-50_000, definition()))
    write(tmp_path / "1.2", (-40_000, definition()), market_id="1.2")
    feed = TapeFeed([tmp_path], begins=BEGINS)
    gone.unlink()

    assert ["1.2"] == [each.change.id for each in feed.take(FOREVER)]
    assert [("feed.unreadable", str(gone))] == [(each.code, each.subject) for each in feed.findings]
    feed.close()


def test_what_is_no_tape_is_passed_over_in_a_folder(tmp_path: Path) -> None:
    """A folder may hold other files; a file that is called like a tape and is none is a finding."""
    write(tmp_path / "1.1", (-50_000, definition()))
    (tmp_path / "README.md").write_text("words\n")
    (tmp_path / "1.222222222").write_text("words\n")
    feed = TapeFeed([tmp_path], begins=BEGINS)

    assert ["1.222222222"] == [Path(each.subject).name for each in feed.findings]
    feed.close()


def test_nothing_to_replay_is_an_error(tmp_path: Path) -> None:
    """Paths without any tape are refused, and so are paths that do not exist."""
    with pytest.raises(NotFoundError, match="There is no tape in"):
        TapeFeed([tmp_path], begins=BEGINS)
    with pytest.raises(NotFoundError, match="There is no file or folder"):
        TapeFeed([tmp_path / "nothing"], begins=BEGINS)


def test_archives_are_unpacked_and_removed_again(tmp_path: Path) -> None:
    """Tapes in an archive are played like others, and nothing of them is left behind."""
    one = write(tmp_path / "1.1", (-50_000, definition()))
    two = write(tmp_path / "1.2", (-40_000, definition()), market_id="1.2")
    archive = tmp_path / "both.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(one, "a/1.1")
        tar.add(two, "../1.2")
    feed = TapeFeed([archive], begins=BEGINS)
    unpacked = feed._unpacked.folder
    assert unpacked is not None

    assert ["1.1", "1.2"] == [each.change.id for each in feed.take(FOREVER)]
    assert ["1.zst", "2.zst"] == sorted(path.name for path in unpacked.iterdir())
    feed.close()
    assert not unpacked.exists()


def test_offers_by_level_become_ladders(tmp_path: Path) -> None:
    """A tape that has best offers by level only comes with them as prices; its books are the tape's."""
    day = Day(Programme(seed=3, day=OFF_MS, races=0, greyhounds=1, football=0, tennis=0), plan=Plan.ADVANCED)
    path = tmp_path / "1.1.bz2"
    path.write_bytes(bz2.compress(b"".join(c.official_line() for c in day.markets(day.events[0])[0].changes)))

    for live, recorded in zip(folded(played(path, first_off=EVERYTHING)), Tape(path), strict=True):
        for runner in recorded.runners:
            shown = live.runner(runner.selection_id)
            assert shown is not None
            assert runner.back_ladder == sorted(shown.available_to_back.items(), reverse=True)
            assert runner.lay_ladder == sorted(shown.available_to_lay.items())


@pytest.mark.parametrize("name", ["1.205822330", "1.185781277", "1.197931750", "1.242971311"])
def test_books_are_those_of_the_tape(name: str) -> None:
    """After every change, what changed stands as it does on the tape; volumes are what `trd` adds up to."""
    live = folded(played(tape(name), first_off=EVERYTHING))

    for recorded in islice(Tape(tape(name)), 4_000):
        if not _says_anything(recorded):
            continue
        book = next(live)
        assert (recorded.market_id, recorded.total_matched) == (book.market_id, book.total_matched)
        for runner in recorded.changed_runners:
            shown = book.runner(runner.selection_id, runner.handicap)
            assert shown is not None
            assert _state(runner) == _state(shown)
            assert (runner.total_traded or 0) == (shown.total_matched or 0)


def _says_anything(book: MarketBook) -> bool:
    """Say whether the latest change has more than best offers by level."""
    change = book.change
    assert change is not None
    if change.market_definition is not None or change.tv is not None or change.img:
        return True
    return any(
        each is not None
        for runner in change.rc or ()
        for each in (
            runner.atb,
            runner.atl,
            runner.trd,
            runner.ltp,
            runner.tv,
            runner.spn,
            runner.spb,
            runner.spl,
        )
    )


def _state(runner: Any) -> tuple[object, ...]:  # noqa: ANN401 - a runner's book
    return (
        runner.available_to_back,
        runner.available_to_lay,
        runner.traded,
        runner.last_price_traded,
        runner.back_stake_taken,
        runner.lay_liability_taken,
        repr(runner.near_price),
        repr(runner.far_price),
    )


def test_names_come_from_the_definition(tmp_path: Path) -> None:
    """Where a definition has names, the listing has them, and the feed's definitions have none."""
    names = definition(name="R1 1200m", eventName="Ascot 18th Feb", runners=[{"id": 1, "name": "1. Tiger"}])
    feed = TapeFeed([write(tmp_path / "1.1", (-50_000, names))], begins=BEGINS)
    (image,) = feed.take(FOREVER)
    listing = feed.listing("1.1")
    feed.close()

    assert listing is not None
    assert ("R1 1200m", "Ascot 18th Feb") == (listing.market_name, listing.event.name)
    assert ["1. Tiger"] == [runner.runner_name for runner in listing.runners]
    assert image.change.market_definition is not None
    assert image.change.market_definition.name is None


def test_names_come_from_a_catalogue_beside_the_tape() -> None:
    """A catalogue beside the tape gives names and rules; its times are moved."""
    feed = TapeFeed([tape("1.197931751")], begins=BEGINS)
    list(feed.take(FOREVER))
    listing = feed.listing("1.197931751")
    feed.close()

    assert listing is not None
    assert ("To Be Placed", "Sheffield 19th Apr") == (listing.market_name, listing.event.name)
    assert "1. Paradise Mission" == listing.runners[0].runner_name
    assert "THIS BET IS FOR A GREYHOUND" in str(listing.description.rules)
    assert iso(FIRST_OFF) == listing.description.market_time


def test_without_names_plain_ones_are_made_up(tmp_path: Path) -> None:
    """A market of a live recording is called by its type, its venue and day, its runners by number."""
    path = write(tmp_path / "1.1", (-50_000, definition(marketType="PLACE", venue="Ascot")))
    feed = TapeFeed([path], begins=BEGINS)
    list(feed.take(FOREVER))
    listing = feed.listing("1.1")
    feed.close()

    assert listing is not None
    assert ("To Be Placed", "Ascot 2nd Nov") == (listing.market_name, listing.event.name)
    assert ["1. Runner 1", "2. Runner 2"] == [runner.runner_name for runner in listing.runners]
    assert "Horse Racing" == listing.event_type.name


def test_a_runner_that_comes_in_is_listed(tmp_path: Path) -> None:
    """When a definition has a runner more, the listing has it too."""
    path = write(
        tmp_path / "1.1",
        (-50_000, definition(runners=[1, 2])),
        (-45_000, prices(atb=[[2.0, 5.0]])),
        (-40_000, definition(runners=[1, 2, 3])),
    )
    feed = TapeFeed([path], begins=BEGINS)

    list(feed.take(FIRST_OFF - 50_000))
    before = feed.listing("1.1")
    list(feed.take(FOREVER))
    after = feed.listing("1.1")
    feed.close()

    assert before is not None
    assert after is not None
    assert (2, 3) == (len(before.runners), len(after.runners))


def test_a_market_id_is_no_path(tmp_path: Path) -> None:
    """No catalogue is looked for under an id that is none, however it looks."""
    (tmp_path / "catalogues").mkdir()
    (tmp_path / "secret.json").write_text('{"marketId": "1.1", "marketName": "Secret"}')
    for number, market_id in enumerate(("../secret", "x" * 5_000)):
        path = write(tmp_path / "catalogues" / f"{number}", (-50_000, definition()), market_id=market_id)
        feed = TapeFeed([path], begins=BEGINS)
        list(feed.take(FOREVER))
        listing = feed.listing(market_id)
        feed.close()

        assert listing is not None
        assert "Market" == listing.market_name


def test_a_damaged_catalogue_is_a_finding(tmp_path: Path) -> None:
    """Names are made up where the catalogue beside a tape cannot be read, and that is told."""
    path = write(tmp_path / "1.1", (-50_000, definition()))
    (tmp_path / "1.1.json").write_text('{"marketId": "1.1"')
    feed = TapeFeed([path], begins=BEGINS)
    list(feed.take(FOREVER))
    listing = feed.listing("1.1")
    feed.close()

    assert listing is not None
    assert "Market" == listing.market_name
    assert ["feed.catalogue-damaged"] == [each.code for each in feed.findings]
