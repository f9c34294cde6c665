"""A made-up day as a feed: complete, in order, the same at any time, and ended with whoever reads it."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import msgspec
import pytest

from betflow.errors import BetflowError
from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.times import epoch_ms, iso
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.feed.generated import ANY_DAY, GeneratedFeed
from betflow.sandbox.generator.day import Programme
from betflow.sandbox.listings import Listing
from betflow.wire.stream import MarketChange, MarketChangeMessage

BEGINS = epoch_ms("2026-11-02T20:15:30Z")
FOREVER = BEGINS + 10**9


def programme(**counts: int) -> Programme:
    """Return what there is: nothing but what is told."""
    nothing = {"races": 0, "greyhounds": 0, "football": 0, "tennis": 0}
    return Programme(seed=5, day=ANY_DAY, **(nothing | counts))


@cache
def race(begins: int = BEGINS) -> tuple[tuple[FeedChange, ...], dict[str, Listing]]:
    """Return a day of one horse race, whole, with its listings."""
    feed = GeneratedFeed(programme(races=1), begins=begins)
    try:
        changes = tuple(feed.take(begins + 10**9))
        listings = {each.change.id: listing for each in changes if (listing := feed.listing(each.change.id))}
    finally:
        feed.close()
    return changes, listings


@pytest.fixture
def feed() -> Iterator[GeneratedFeed]:
    """Return a feed of a greyhound race, of which nothing was taken."""
    feed = GeneratedFeed(programme(greyhounds=1), begins=BEGINS)
    yield feed
    feed.close()


def test_each_market_begins_with_an_image_when_the_sandbox_does() -> None:
    """The first change of a market is an image of when the feed begins, with definition and prices."""
    firsts: dict[str, FeedChange] = {}
    for each in race()[0]:
        firsts.setdefault(each.change.id, each)

    assert 3 == len(firsts)
    assert {(BEGINS, True)} == {(each.at, each.change.img) for each in firsts.values()}
    assert all(each.change.market_definition and each.change.rc for each in firsts.values())


def test_every_market_is_listed() -> None:
    """There is a listing for every market of which there are changes."""
    changes, listings = race()

    assert {each.change.id for each in changes} == set(listings)
    assert ["5f Hcap", "To Be Placed", "Each Way"] == [each.market_name for each in listings.values()]


def test_time_never_goes_back() -> None:
    """Changes come in the order of time, none before the feed begins."""
    times = [each.at for each in race()[0]]

    assert sorted(times) == times
    assert BEGINS == times[0]


def test_the_first_off_is_a_few_minutes_after_the_beginning() -> None:
    """The first event goes off at the first whole minute that is three minutes after the feed begins."""
    listing = next(iter(race()[1].values()))

    assert "2026-11-02T20:19:00.000Z" == listing.description.market_time


def test_names_have_the_day_of_the_sandbox() -> None:
    """A meeting is called by its course and the day on which the sandbox begins, not the day made up."""
    listing = next(iter(race()[1].values()))

    assert str(listing.event.name).endswith(" 2nd Nov")


def test_what_happens_does_not_depend_on_when() -> None:
    """A feed that begins at another time has the same changes, and all of them are later by the same."""
    later = 3_600_000

    now = [(each.at + later, _timeless(each.change)) for each in race()[0]]
    then = [(each.at, _timeless(each.change)) for each in race(BEGINS + later)[0]]

    assert then == now


def _timeless(change: MarketChange) -> MarketChange:
    definition = change.market_definition
    if definition is None:
        return change
    runners = [msgspec.structs.replace(each, removal_date=None) for each in definition.runners or ()]
    timeless = msgspec.structs.replace(
        definition, runners=runners, market_time="", suspend_time="", open_date="", settled_time=""
    )
    return msgspec.structs.replace(change, market_definition=timeless)


def test_definitions_have_no_names() -> None:
    """The live stream has no names, so neither have the definitions of a feed."""
    definitions = [each.change.market_definition for each in race()[0] if each.change.market_definition]

    assert {(None, None)} == {(each.name, each.event_name) for each in definitions}
    assert {None} == {runner.name for each in definitions for runner in each.runners or ()}


def test_a_runners_volume_is_the_sum_of_what_was_traded() -> None:
    """After every change the traded volume of each runner is the sum of its volumes by price."""
    for book in _folded(race()[0]):
        for runner in book.changed_runners:
            assert runner.total_matched == (runner.total_traded or 0)


def _folded(changes: tuple[FeedChange, ...]) -> Iterator[MarketBook]:
    return MarketBooks().fold(MarketChangeMessage(pt=each.at, mc=[each.change]) for each in changes)


def test_a_race_is_run_and_settled() -> None:
    """The win market turns in play after its off, and ends closed with one winner."""
    win = next(iter(race()[1]))
    states = [(each.status, each.in_play) for each in _folded(race()[0]) if each.market_id == win]

    assert [
        ("OPEN", False),
        ("SUSPENDED", False),
        ("OPEN", True),
        ("SUSPENDED", True),
        ("CLOSED", True),
    ] == list(dict.fromkeys(states))
    last = [each.change for each in race()[0] if each.change.id == win][-1].market_definition
    assert last is not None
    assert 1 == sum(runner.status == "WINNER" for runner in last.runners or ())


def test_taking_in_steps_gives_the_same_as_at_once(feed: GeneratedFeed) -> None:
    """What is taken up to one moment and then up to another is what both together are."""
    whole = GeneratedFeed(programme(greyhounds=1), begins=BEGINS)
    until = BEGINS + 90_000

    before = list(feed.take(until))
    next_at = feed.next_at()
    after = list(feed.take(FOREVER))

    assert list(whole.take(FOREVER)) == before + after
    assert max(each.at for each in before) <= until
    assert after[0].at == next_at
    assert feed.next_at() is None
    whole.close()


def test_offs_are_never_further_apart_than_asked_for() -> None:
    """Five races of a meeting, 35 minutes apart, take place every four minutes if that is the longest gap."""
    feed = GeneratedFeed(programme(races=5), begins=BEGINS, first_off=60_000, longest_gap=240_000)
    markets = [each.change.id for each in feed.take(BEGINS)]
    listings = [listing for each in markets if (listing := feed.listing(each))]
    feed.close()

    offs = sorted({epoch_ms(each.description.market_time or "") for each in listings})
    assert ["20:17", "20:21", "20:25", "20:29", "20:33"] == [iso(off)[11:16] for off in offs]
    assert {"2026-11-02T20:17:00.000Z"} == {each.event.open_date for each in listings}


def test_a_maker_that_dies_is_an_error() -> None:
    """When the process that makes markets up is killed, taking from it says so."""
    feed = GeneratedFeed(programme(races=3), begins=BEGINS)
    next(feed.take(BEGINS))
    feed._worker.kill()

    with pytest.raises(BetflowError, match="was killed by signal 9"):
        list(feed.take(FOREVER))
    feed.close()


def test_the_maker_ends_with_its_reader() -> None:
    """When the process that reads is killed, the one that makes up ends: nobody holds its pipe."""
    program = (
        "from betflow.sandbox.feed.generated import *\n"
        "feed = GeneratedFeed(Programme(1, ANY_DAY, 3, 0, 0, 0), begins=ANY_DAY)\n"
        "next(feed.take(ANY_DAY)); print('made', flush=True); input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stderr is not None
        assert b"made\n" == reader.stdout.readline()
        reader.kill()

        assert b"" == reader.stderr.read()


def test_a_reserve_is_listed_by_its_name() -> None:
    """A greyhound in reserve that comes in for another is listed by its name, as a seventh runner."""
    with_reserve = Programme(seed=2, day=ANY_DAY, races=0, greyhounds=1, football=0, tennis=0)
    feed = GeneratedFeed(with_reserve, begins=BEGINS, first_off=20 * 60_000)
    (market_id, *_) = [each.change.id for each in feed.take(FOREVER)]
    listing = feed.listing(market_id)
    feed.close()

    assert listing is not None
    assert 7 == len(listing.runners)
    assert str(listing.runners[-1].runner_name).endswith("(Res)")


@pytest.mark.parametrize(
    ("gap", "offs"),
    [
        (600_000, ["20:19", "20:23", "20:49", "20:53"]),
        (0, ["20:19", "20:49"]),
        (3_600_000, ["20:19", "20:23", "21:23", "21:27"]),
    ],
)
def test_days_follow_one_another(gap: int, offs: list[str]) -> None:
    """The next day begins a gap after the last off of this day, and half an hour after its first at least."""
    feed = GeneratedFeed(programme(greyhounds=2), begins=BEGINS, longest_gap=gap, days=2)
    shown: dict[str, int] = {}
    for each in feed.take(FOREVER):
        shown.setdefault(each.change.id, each.at)
    listings = [listing for each in shown if (listing := feed.listing(each)) is not None]
    feed.close()

    assert 8 == len(shown)
    assert offs == list(dict.fromkeys(str(each.description.market_time)[11:16] for each in listings))


def test_days_without_end_are_shown_one_after_the_other() -> None:
    """Without an end, and with all events of a day at once, only the days that are due are shown."""
    feed = GeneratedFeed(programme(greyhounds=2), begins=BEGINS, longest_gap=0, days=None)
    at_first = len(list(feed.take(BEGINS)))
    feed.close()

    assert 4 == at_first


def test_a_day_is_shown_half_an_hour_before_it_begins() -> None:
    """Markets of the next day are opened half an hour before its first off, without prices."""
    feed = GeneratedFeed(programme(greyhounds=1), begins=BEGINS, longest_gap=3_600_000, days=None)
    for each in feed.take(FOREVER):
        if each.change.img and each.at > BEGINS:
            break
    feed.close()

    assert each.change.market_definition is not None
    assert iso(each.at + 30 * 60_000) == each.change.market_definition.market_time
    assert [] == each.change.rc
