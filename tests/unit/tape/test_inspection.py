"""One pass over a tape tells its markets, its kind and what is odd about it."""

import json
from pathlib import Path

import pytest

from betflow.exchange.statistics import StatisticsFold
from betflow.tape import Tape
from betflow.tape.inspection import Inspection, Inspector
from betflow.tape.manifest import RunnerSummary, SourceKind
from changes import OFF, OFF_MS, defined
from recordings import MARKET_ID, line, recorded_lines
from tapes import tape, tapes


def inspected(path: Path, *lines: bytes, thorough: bool = False) -> Inspection:
    """Write lines and inspect them."""
    path.write_bytes(b"".join(each + b"\n" for each in lines))
    return Inspector(Tape(path), thorough=thorough).inspect()


def oddities(path: Path, *lines: bytes) -> list[tuple[str, str]]:
    """Return codes and messages of what is odd about lines."""
    return [(each.code, each.message) for each in inspected(path, *lines).oddities]


def test_market_is_summed_up(tmp_path: Path) -> None:
    """The summary has the last definition's facts, the runners' results and the counts."""
    [market] = inspected(tmp_path / "tape", *recorded_lines(name="R7")).markets

    assert (MARKET_ID, "7", "GB", "WIN", "Ascot", "R7") == (
        *(market.market_id, market.event_type_id, market.country_code),
        *(market.market_type, market.venue, market.name),
    )
    assert (OFF, OFF_MS, True, False) == (
        *(market.market_time, market.market_time_ms),
        *(market.settled, market.in_play_seen),
    )
    assert (7, 2, OFF_MS, OFF_MS + 600) == (
        *(market.messages, market.definitions),
        *(market.first_publish_time, market.last_publish_time),
    )
    assert (
        RunnerSummary(selection_id=1, handicap=0.0, status="WINNER", bsp=2.5),
        RunnerSummary(selection_id=2, handicap=0.0, status="LOSER"),
    ) == market.runners


def test_timeline_has_only_changes(tmp_path: Path) -> None:
    """A definition that changes neither status, in-play flag, version nor bet delay adds nothing."""
    states = [
        ("OPEN", False, 1),
        ("OPEN", False, 1),
        ("OPEN", False, 2),
        ("OPEN", True, 2),
        ("OPEN", True, 2),
    ]
    lines = [
        line(at, {"id": "1.1", "marketDefinition": defined(status=status, inPlay=in_play, version=version)})
        for at, (status, in_play, version) in enumerate(states, 1)
    ]

    [market] = inspected(tmp_path / "tape", *lines).markets

    assert [(1, "OPEN", False, 1), (3, "OPEN", False, 2), (4, "OPEN", True, 2)] == [
        (each.publish_time, each.status, each.in_play, each.version) for each in market.timeline
    ]
    assert market.in_play_seen


def test_timeline_is_that_of_the_statistics() -> None:
    """Of each recorded tape of one market the manifest tells the same timeline as the statistics."""
    for path in tapes():
        markets = Inspector(Tape(path), thorough=False).inspect().markets
        if len(markets) > 1:
            continue
        fold = StatisticsFold(markets[0].market_id)
        for book in Tape(path):
            assert book.change is not None
            fold.apply(book.change, book.publish_time)
        assert markets[0].timeline == fold.result().timeline


def test_stream_messages_are_counted_by_type(tmp_path: Path) -> None:
    """Images, resubscriptions, heartbeats, conflation and 503 are counted."""
    change = {"id": "1.1", "marketDefinition": defined(), "con": True}
    found = inspected(
        tmp_path / "tape",
        line(1, change, ct="SUB_IMAGE"),
        line(2, change, ct="RESUB_DELTA"),
        line(3, ct="HEARTBEAT"),
        line(4, ct="HEARTBEAT", status=503),
    ).counts

    assert (1, 1, 2, 2, 1) == (
        *(found.images, found.resub_deltas, found.heartbeats),
        *(found.conflated, found.status_503),
    )


EXPECTED_KINDS = {
    "1.127236622": SourceKind.OFFICIAL_PRO,
    "1.164917629": SourceKind.SELF_RECORDED,
    "1.185781277": SourceKind.RAW_STREAM,
    "1.197931750": SourceKind.SELF_RECORDED,
    "1.242971311": SourceKind.RAW_STREAM,
    "BASIC-1.132153978": SourceKind.OFFICIAL_BASIC,
}


@pytest.mark.parametrize("name", EXPECTED_KINDS)
def test_kind_of_recorded_tapes_is_told(name: str) -> None:
    """Who recorded a tape is told from its content."""
    found = Inspector(Tape(tape(name)), thorough=False).inspect()

    assert EXPECTED_KINDS[name] == found.kind


def test_levels_on_an_official_tape_are_the_advanced_plan(tmp_path: Path) -> None:
    """An official tape with ladders by level is of the ADVANCED plan."""
    ladders = {"id": "1.1", "marketDefinition": defined(), "rc": [{"id": 1, "batb": [[0, 2, 5]]}]}

    assert SourceKind.OFFICIAL_ADVANCED == inspected(tmp_path / "tape", line(1, ladders, clk="123")).kind


def test_recorded_tapes_have_no_oddities() -> None:
    """None of the recorded tapes has damage or oddities, lightly and thoroughly looked at alike."""
    for path in tapes():
        light, thorough = (Inspector(Tape(path), thorough=each).inspect() for each in (False, True))

        assert ((), ()) == (thorough.damage, thorough.oddities)
        assert light == thorough


def test_times_that_go_backwards_are_odd(tmp_path: Path) -> None:
    """Publish times that go backwards are counted, with the first place; the last time is the latest."""
    lines = recorded_lines()
    found = inspected(tmp_path / "tape", *lines[:4], lines[1], lines[2], *lines[4:], lines[0])

    assert [("tape.time-backwards", 5, 2)] == [
        (each.code, each.where["line"], each.where["count"]) for each in found.oddities
    ]
    assert OFF_MS + 600 == found.last_publish_time


def test_repeated_lines_are_odd(tmp_path: Path) -> None:
    """Lines that are the same as the one before are counted, also where they hold NaN."""
    first, *rest = recorded_lines()
    nan = line(OFF_MS, {"id": MARKET_ID, "rc": [{"id": 1, "spn": "NaN"}]})

    found = oddities(tmp_path / "tape", first, first, nan, nan, nan, *rest)

    assert [("tape.duplicate-lines", "3 messages repeat the one before, the first at line 2.")] == found


def test_same_moment_is_not_odd(tmp_path: Path) -> None:
    """Different messages published in one millisecond are nothing odd."""
    first = line(1, {"id": "1.1", "marketDefinition": defined()})
    second = line(1, {"id": "1.1", "rc": [{"id": 1, "ltp": 2}]})

    assert [] == oddities(tmp_path / "tape", first, second)


def test_market_without_a_definition_at_first_is_odd(tmp_path: Path) -> None:
    """A market whose first change has no definition is named."""
    found = oddities(tmp_path / "tape", *recorded_lines()[1:])

    message = f"1 market begins without a definition: {MARKET_ID}."
    assert [("tape.definition-missing", message)] == found


def test_runner_that_no_definition_lists_is_odd(tmp_path: Path) -> None:
    """A runner that changes and is in no definition of its market is named, by selection and handicap."""
    runners = [{"id": 1, "hc": -0.5}, {"id": 1, "hc": 0.5}]
    first = line(1, {"id": "1.1", "marketDefinition": defined(runners=runners)})
    second = line(2, {"id": "1.1", "rc": [{"id": 1, "hc": 0.5, "ltp": 2}, {"id": 1, "hc": 1.5, "ltp": 2}]})

    assert [
        ("tape.runner-undefined", "1 runner changes that no definition lists: 1.1 (1, 1.5).")
    ] == oddities(tmp_path / "tape", first, second)


def test_runner_that_is_listed_later_is_not_odd(tmp_path: Path) -> None:
    """A runner counts as listed when any definition lists it."""
    lines = [
        line(1, {"id": "1.1", "marketDefinition": defined(runners=[1])}),
        line(2, {"id": "1.1", "rc": [{"id": 2, "ltp": 2}]}),
        line(3, {"id": "1.1", "marketDefinition": defined(runners=[1, 2])}),
    ]

    assert [] == oddities(tmp_path / "tape", *lines)


@pytest.mark.parametrize("pt", [0, -5, 2**53, 10**30])
def test_impossible_time_does_not_count(tmp_path: Path, pt: int) -> None:
    """A message with a publish time that cannot be is odd and moves no times and no counts."""
    wrong = line(pt, {"id": MARKET_ID, "rc": [{"id": 1, "ltp": 2}]})

    found = inspected(tmp_path / "tape", wrong, *recorded_lines(), wrong)

    assert [("tape.time-impossible", 2)] == [(each.code, each.where["count"]) for each in found.oddities]
    assert (OFF_MS, OFF_MS + 600, 7) == (
        *(found.first_publish_time, found.last_publish_time),
        found.markets[0].messages,
    )


def test_numbers_beyond_64_bits_are_left_out(tmp_path: Path) -> None:
    """Numbers that no database holds are named and left out; the market stays."""
    runners = [{"id": 10**30, "status": "ACTIVE"}, {"id": 2, "sortPriority": 2**64}]
    definition = defined(runners=runners, version=-(2**70), numberOfWinners=2**63)

    found = inspected(tmp_path / "tape", line(1, {"id": "1.1", "marketDefinition": definition}))

    [finding] = found.oddities
    assert ("tape.number-too-large", 4) == (finding.code, finding.where["count"])
    [market] = found.markets
    assert [(2, None)] == [(runner.selection_id, runner.sort_priority) for runner in market.runners]
    assert "numberOfWinners" not in market.definition


def test_time_that_is_no_time_is_kept_as_text(tmp_path: Path) -> None:
    """A market time that cannot be read stays as it was published, and has no number."""
    definition = defined(marketTime="soon")

    [market] = inspected(tmp_path / "tape", line(1, {"id": "1.1", "marketDefinition": definition})).markets

    assert ("soon", None) == (market.market_time, market.market_time_ms)


def test_prices_are_looked_at_only_thoroughly(tmp_path: Path) -> None:
    """A ladder that is JSON but no ladder is damage to a thorough look, and passed over by a light one."""
    bad = line(OFF_MS + 50, {"id": MARKET_ID, "rc": [{"id": 1, "atb": [[5.3]]}]})
    first, *rest = recorded_lines()

    light = inspected(tmp_path / "tape", first, bad, *rest)
    thorough = inspected(tmp_path / "tape", first, bad, *rest, thorough=True)

    assert ((), ["tape.line-damaged"]) == (light.damage, [each.code for each in thorough.damage])


def test_heartbeats_alone_are_no_market(tmp_path: Path) -> None:
    """A tape with nothing but heartbeats has no market and is no error."""
    found = inspected(tmp_path / "tape", json.dumps({"op": "mcm", "pt": 5, "ct": "HEARTBEAT"}).encode())

    assert ((), 5, 5) == (found.markets, found.first_publish_time, found.last_publish_time)
