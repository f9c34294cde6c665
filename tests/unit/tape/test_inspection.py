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


_DEFINED = {"marketDefinition": defined()}
_BOTH = line(1, {"id": "1.1", **_DEFINED}, {"id": "1.2", **_DEFINED}, ct="SUB_IMAGE")
_ONE = {"id": "1.1", "img": True, **_DEFINED}
_DELTA = line(9, {"id": "1.2", "rc": [{"id": 1, "ltp": 2}]})


@pytest.mark.parametrize("image", [[line(2, _ONE, ct="SUB_IMAGE")], [line(2, ct="SUB_IMAGE")]])
def test_change_of_a_market_that_an_image_lacks_is_odd(tmp_path: Path, image: list[bytes]) -> None:
    """A market that changes after an image came without it is told once, with the first place."""
    later = line(10, {"id": "1.2", "rc": [{"id": 1, "ltp": 3}]})

    [finding] = inspected(tmp_path / "tape", _BOTH, *image, _DELTA, later).oddities

    what = "1 market changes although the last image of the subscription came without it, at line 3: 1.2."
    assert ("tape.market-not-covered", what) == (finding.code, finding.message)


@pytest.mark.parametrize(
    "lines",
    [
        [_DELTA],
        [line(2, {**_ONE, "id": "1.2"}, ct="SUB_IMAGE"), _DELTA],
        [line(2, _ONE, ct="SUB_IMAGE"), line(3, {**_ONE, "id": "1.2"}), _DELTA],
        [line(2, _ONE, ct="SUB_IMAGE"), line(3, {"id": "1.3", **_DEFINED})],
        [line(2, _ONE, ct="RESUB_DELTA"), _DELTA],
        [
            line(2, _ONE, ct="SUB_IMAGE", segmentType="SEG_START"),
            line(2, {**_ONE, "id": "1.2"}, segmentType="SEG_END"),
            _DELTA,
        ],
        [
            line(2, _ONE, ct="SUB_IMAGE", segmentType="SEG_START"),
            line(2, {**_ONE, "id": "1.2"}, ct="SUB_IMAGE", segmentType="SEG_END"),
            _DELTA,
        ],
    ],
)
def test_change_of_a_market_that_is_covered_is_not_odd(tmp_path: Path, lines: list[bytes]) -> None:
    """A market that the last image, a part of it, or an image of its own brought may change."""
    assert [] == oddities(tmp_path / "tape", _BOTH, *lines)


def test_markets_stay_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    """An image in the middle of a tape does not change in which order its markets are listed."""
    image = line(2, {**_ONE, "id": "1.2"}, _ONE, ct="SUB_IMAGE")

    assert ["1.1", "1.2"] == [each.market_id for each in inspected(tmp_path / "tape", _BOTH, image).markets]


def _with_runner(**change: object) -> list[bytes]:
    first = line(1, {"id": "1.1", "marketDefinition": defined(runners=[7])})
    return [first, line(2, {"id": "1.1", "rc": [{"id": 7, "ltp": 2}, {"id": 7, **change}]}), line(3)]


_BY_PRICE = ("atb", "atl", "trd", "spb", "spl")
_BY_LEVEL = ("batb", "batl", "bdatb", "bdatl")


@pytest.mark.parametrize("ladder", [*_BY_PRICE, *_BY_LEVEL])
@pytest.mark.parametrize(
    ("price", "size"),
    [
        (2, -0.01),
        (2, "NaN"),
        (2, "Infinity"),
        (2, 1e13),
        ("NaN", 5),
        ("NaN", 0),
        ("Infinity", 5),
        (-2, 5),
        (0, 5),
    ],
)
def test_impossible_volume_is_odd(tmp_path: Path, ladder: str, price: object, size: object) -> None:
    """A size or price that cannot be is told by a thorough look, with its place and what it is."""
    entry, level = ([price, size], "") if ladder in _BY_PRICE else ([3, price, size], " on level 3")
    lines = _with_runner(**{ladder: [[1, 5, 5] if level else [5, 5], entry]})

    [finding] = inspected(tmp_path / "tape", *lines, thorough=True).oddities

    told = f"{ladder} of 7 in 1.1 is {float(size)} at {float(price)}{level}"  # type: ignore[arg-type]  # NaN
    assert (
        "tape.volume-impossible",
        f"1 message has a price or a volume that cannot be, at line 2: {told}.",
        {"line": 2, "offset": len(lines[0]) + 1, "what": told, "count": 1},
    ) == (finding.code, finding.message, finding.where)


@pytest.mark.parametrize("number", [-1, "NaN", "Infinity", 1e13])
def test_impossible_number_is_odd(tmp_path: Path, number: object) -> None:
    """A total or a last traded price that cannot be is told like a volume."""
    market = line(4, {"id": "1.1", "tv": number})
    for lines in (_with_runner(tv=number), _with_runner(ltp=number), [*_with_runner(), market]):
        found = inspected(tmp_path / "tape", *lines, thorough=True).oddities

        assert ["tape.volume-impossible"] == [each.code for each in found]


@pytest.mark.parametrize(
    "change",
    [
        *({name: [[2, 0], [1.01, 0.01], [1000, 1e12]]} for name in _BY_PRICE),
        *({name: [[0, 0, 0], [1, 2, 5]]} for name in _BY_LEVEL),
        {"spn": "NaN", "spf": "Infinity"},
        {"tv": 0, "ltp": 0},
        {"trd": []},
    ],
)
def test_numbers_that_are_published_are_not_odd(tmp_path: Path, change: dict[str, object]) -> None:
    """Deleted prices, emptied levels and starting prices that are no numbers are as Betfair has them."""
    assert () == inspected(tmp_path / "tape", *_with_runner(**change), thorough=True).oddities


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
