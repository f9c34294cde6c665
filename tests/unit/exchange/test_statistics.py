"""What a tape says about one market, in numbers; the off has its own tests."""

from decimal import Decimal
from typing import Any

import pytest

from betflow.exchange.phases import PhaseStatistics
from betflow.exchange.statistics import MarketStatistics, RunnerStatistics, StatisticsFold
from changes import MARKET, OFF_MS, change, defined

IN_PLAY = {"marketDefinition": defined(inPlay=True)}
SUSPENDED = {"marketDefinition": defined(status="SUSPENDED")}


def _statistics(*changes: dict[str, Any]) -> MarketStatistics:
    fold = StatisticsFold(MARKET)
    for number, fields in enumerate(changes):
        given = dict(fields)
        fold.apply(change(*given.pop("rc", []), **given), OFF_MS + number)
    return fold.result()


def _first(*changes: dict[str, Any]) -> RunnerStatistics:
    return _statistics({"marketDefinition": defined()}, *changes).runners[0]


def _phase(
    highest: float | None,
    lowest: float | None,
    last: float | None,
    average: Decimal | None,
    volume: Decimal | None,
    *,
    derived: bool = False,
) -> PhaseStatistics:
    return PhaseStatistics(highest, lowest, last, derived, average, volume)


def _traded(*ladder: list[float], ltp: float | None = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    last = {} if ltp is None else {"ltp": ltp}
    return {"rc": [{"id": 1, "trd": list(ladder), **last}], **fields}


def test_phases_are_divided_at_a_turn_in_play_without_a_suspension() -> None:
    """Where nothing says when the market was suspended, what came before it turned in play is pre-play."""
    runner = _first(
        _traded([2, 100], [3, 50], ltp=3),
        {**_traded([3, 70], [4, 10], ltp=4), **IN_PLAY},
        _traded([1.5, 5], ltp=1.5),
    )

    assert _phase(3.0, 2.0, 3.0, Decimal("2.333333"), Decimal(75)) == runner.pre_play
    assert _phase(4.0, 1.5, 1.5, Decimal("3.071429"), Decimal("17.5")) == runner.in_play
    assert runner.unattributed is None


def test_suspension_at_the_off_divides_the_phases() -> None:
    """What trades while the market is suspended for the off is the auction's, and in-play."""
    runner = _first(
        _traded([2, 100], ltp=2), SUSPENDED, _traded([3, 50], ltp=3), IN_PLAY, _traded([1.5, 5], ltp=1.5)
    )

    assert _phase(2.0, 2.0, 2.0, Decimal(2), Decimal(50)) == runner.pre_play
    assert _phase(3.0, 1.5, 1.5, Decimal("2.863636"), Decimal("27.5")) == runner.in_play


def test_suspension_after_which_a_market_reopens_divides_nothing() -> None:
    """What is published while a market is suspended for something else is pre-play, its last price too."""
    runner = _first(
        _traded([2, 100], ltp=2),
        SUSPENDED,
        _traded([3, 50], ltp=3),
        {"marketDefinition": defined()},
        SUSPENDED,
        IN_PLAY,
    )

    assert _phase(3.0, 2.0, 3.0, Decimal("2.333333"), Decimal(75)) == runner.pre_play
    assert _phase(None, None, None, None, Decimal(0)) == runner.in_play


def test_image_after_the_off_brings_no_trade_of_before() -> None:
    """What an image repeats from before the off stays pre-play; only what grew is in-play."""
    runner = _first(
        _traded([2, 100], [3, 50]), SUSPENDED, IN_PLAY, _traded([2, 100], [4, 20], img=True), _traded([4, 30])
    )

    assert runner.pre_play is not None
    assert runner.in_play is not None
    assert (2.0, 3.0, Decimal(75)) == (
        runner.pre_play.min_price,
        runner.pre_play.max_price,
        runner.pre_play.volume,
    )
    assert (4.0, 4.0, Decimal(15)) == (
        runner.in_play.min_price,
        runner.in_play.max_price,
        runner.in_play.volume,
    )


def test_suspension_that_ends_the_tape_divides_only_at_the_off() -> None:
    """A tape that ends while the market is suspended early does not tell of an off; all of it is pre-play."""
    early = {"marketDefinition": defined(status="SUSPENDED", marketTime="2026-02-18T15:00:00.000Z")}

    statistics = _statistics({"marketDefinition": defined()}, _traded([2, 100]), early, _traded([3, 50]))

    (runner, _) = statistics.runners
    assert statistics.actual_off is None
    assert _phase(3.0, 2.0, 3.0, Decimal("2.333333"), Decimal(75), derived=True) == runner.pre_play
    assert runner.in_play is None


def test_message_that_suspends_and_trades_traded_before() -> None:
    """Nothing trades in a suspended market, so what came with the suspension was traded before it."""
    runner = _first({**_traded([2, 100], ltp=2), **SUSPENDED}, IN_PLAY)

    assert _phase(2.0, 2.0, 2.0, Decimal(2), Decimal(50)) == runner.pre_play


@pytest.mark.parametrize(
    "auction",
    [{"bspReconciled": True}, {"runners": [{"id": 1, "status": "ACTIVE", "sortPriority": 1, "bsp": 2.5}]}],
)
def test_message_that_suspends_with_starting_prices_trades_in_the_auction(auction: dict[str, Any]) -> None:
    """Recordings that merge messages may have suspension, starting prices and their trades in one."""
    definition = {"marketDefinition": defined(status="SUSPENDED", **auction)}

    statistics = _statistics(
        {"marketDefinition": defined()},
        _traded([2, 100], ltp=2),
        {**_traded([2.5, 60], ltp=2.5), **definition},
    )

    runner = statistics.runners[0]
    assert (False, True) == (statistics.turned_in_play, statistics.has_auction)
    assert _phase(2.0, 2.0, 2.0, Decimal(2), Decimal(50)) == runner.pre_play
    assert _phase(2.5, 2.5, 2.5, Decimal("2.5"), Decimal(30)) == runner.in_play


def test_starting_price_of_a_removed_runner_is_no_auction() -> None:
    """A removed runner's starting price, NaN, comes with a suspension that is not the off."""
    removed = [{"id": 1, "status": "REMOVED", "bsp": "NaN"}, {"id": 2, "status": "ACTIVE"}]

    statistics = _statistics(
        {"marketDefinition": defined()},
        {**_traded([2, 100]), "marketDefinition": defined(status="SUSPENDED", runners=removed)},
        {"marketDefinition": defined(inPlay=True, runners=removed)},
    )

    assert not statistics.has_auction
    assert statistics.runners[0].pre_play is not None
    assert Decimal(50) == statistics.runners[0].pre_play.volume


def test_tape_that_begins_with_starting_prices_cannot_divide_what_it_begins_with() -> None:
    """Where the auction is over when the tape begins, what had been traded belongs to neither phase."""
    held = {"marketDefinition": defined(status="SUSPENDED", bspReconciled=True)}

    statistics = _statistics({**_traded([2, 100], img=True), **held}, IN_PLAY, _traded([2, 101]))

    runner = statistics.runners[0]
    assert (None, None, Decimal(50)) == (statistics.actual_off, runner.pre_play, runner.unattributed)
    assert _phase(2.0, 2.0, 2.0, Decimal(2), Decimal("0.5"), derived=True) == runner.in_play


def test_last_price_is_where_volume_grew_last_where_none_was_published() -> None:
    """Without a published last price, the last of a message is that farthest from the middle of the book."""
    offers = {"id": 1, "atb": [[2, 9]], "atl": [[2.2, 9]]}
    sweep = {"id": 1, "trd": [[2.2, 8], [2.4, 8], [2.3, 8]]}

    runner = _first({"rc": [offers]}, {"rc": [sweep]}, SUSPENDED, _traded([2, 4]), IN_PLAY)

    assert runner.pre_play is not None
    assert runner.in_play is not None
    assert (2.4, True) == (runner.pre_play.last_price, runner.pre_play.last_price_derived)
    assert (2.0, True) == (runner.in_play.last_price, runner.in_play.last_price_derived)


def test_published_last_price_comes_before_a_derived_one() -> None:
    """Where a last price was published in the phase, it is taken: a change of it would have been, too."""
    runner = _first(_traded([2, 10], ltp=2), _traded([2, 20]))

    assert runner.pre_play is not None
    assert (2.0, False) == (runner.pre_play.last_price, runner.pre_play.last_price_derived)


def test_last_price_that_a_revaluation_repeats_is_not_of_its_phase() -> None:
    """Official files repeat last prices where they convert volumes anew; nothing was traded by that."""
    runner = _first(
        _traded([2, 1000], [3, 2000], [4, 3000], ltp=4),
        {"rc": [{"id": 2, "trd": [[2, 1000], [3, 2000], [4, 3000]], "ltp": 4}]},
        IN_PLAY,
        {
            "rc": [
                {"id": 1, "trd": [[2, 1000.2], [3, 2000.5], [4, 2999]], "ltp": 4},
                {"id": 2, "trd": [[2, 1000.2], [3, 2000.5], [4, 2999]], "ltp": 4},
            ]
        },
    )

    assert _phase(None, None, None, None, Decimal(0)) == runner.in_play


def test_market_that_does_not_turn_has_no_in_play() -> None:
    """Without a turn in play, all is pre-play."""
    runner = _first(_traded([2, 100.01]))

    assert runner.in_play is None
    assert runner.pre_play is not None
    assert Decimal("50.005") == runner.pre_play.volume


def test_volume_that_falls_after_the_turn_is_not_negative() -> None:
    """Conversion of currencies lets a published volume fall by pennies; that is no trade."""
    runner = _first(_traded([2, 100], [3, 50]), IN_PLAY, _traded([2, 99.99], [3, 51]))

    assert _phase(3.0, 3.0, 3.0, Decimal(3), Decimal("0.5"), derived=True) == runner.in_play


def test_revaluation_in_play_is_not_traded_in_play() -> None:
    """Volumes converted anew after the turn do not make prices from before it in-play prices."""
    runner = _first(
        _traded([2, 100], [3, 200], [4, 300]),
        IN_PLAY,
        _traded([2, 100.02], [3, 200.05], [4, 299.9]),
        _traded([3, 210.05]),
    )

    assert _phase(3.0, 3.0, 3.0, Decimal(3), Decimal(5), derived=True) == runner.in_play
    assert runner.pre_play is not None
    assert Decimal(300) == runner.pre_play.volume


@pytest.mark.parametrize("deletion", [[], [[2, 0], [3, 0]]])
def test_settlement_does_not_unsay_what_was_traded(deletion: list[list[float]]) -> None:
    """At the end all volumes are taken away; they were traded, but not the last price with it."""
    runner = _first(_traded([2, 100], [3, 50], ltp=3), _traded(*deletion, ltp=2))

    assert _phase(3.0, 2.0, 3.0, Decimal("2.333333"), Decimal(75)) == runner.pre_play


def test_change_that_takes_away_and_brings_is_applied() -> None:
    """A price whose volume went to 0 while another's grew was moved, and counts no more."""
    runner = _first(_traded([2, 100]), _traded([2, 0], [3, 100]))

    assert runner.pre_play is not None
    assert (3.0, 3.0) == (runner.pre_play.max_price, runner.pre_play.min_price)


def test_image_begins_the_account_anew() -> None:
    """An image's volumes count from then on, in all its entries; a runner without any keeps its account."""
    both = {"rc": [{"id": 1, "trd": [[2, 100]]}, {"id": 2, "trd": [[9, 8]]}]}
    image = {
        "rc": [{"id": 1, "trd": [[3, 50]]}, {"id": 1, "trd": [[4, 10]]}, {"id": 2, "trd": []}],
        "img": True,
    }

    first, second = _statistics({"marketDefinition": defined()}, both, image).runners

    assert first.pre_play is not None
    assert (Decimal(30), 4.0, 3.0) == (
        first.pre_play.volume,
        first.pre_play.max_price,
        first.pre_play.min_price,
    )
    assert second.pre_play is not None
    assert Decimal(4) == second.pre_play.volume


def test_last_price_that_an_image_repeats_is_not_of_its_phase() -> None:
    """An image in play repeats the last price from before; that was not traded in play."""
    repeated = _first(_traded([2, 10], ltp=2), IN_PLAY, _traded([2, 10], ltp=2, img=True))
    new = _first(_traded([2, 10], ltp=2), IN_PLAY, _traded([2, 10], [3, 1], ltp=3, img=True))

    assert repeated.in_play is not None
    assert new.in_play is not None
    assert (None, 3.0) == (repeated.in_play.last_price, new.in_play.last_price)


@pytest.mark.parametrize(
    "beginning",
    [
        [{**_traded([2, 100], ltp=2), **IN_PLAY}],
        [{**_traded([2, 100], ltp=2, img=True), **IN_PLAY}],
        [IN_PLAY, _traded([2, 100], ltp=2, img=True)],
    ],
)
def test_tape_that_begins_in_play_cannot_divide_what_it_begins_with(beginning: list[dict[str, Any]]) -> None:
    """Volume of a first message in play belongs to neither phase; only what follows is in-play."""
    runner = _statistics(*beginning, _traded([2, 101], [3, 1])).runners[0]

    assert runner.pre_play is None
    assert Decimal(50) == runner.unattributed
    assert _phase(3.0, 2.0, 2.0, Decimal("2.5"), Decimal(1), derived=True) == runner.in_play


def test_tape_without_volumes_takes_prices_from_last_prices() -> None:
    """On BASIC tapes prices are those published as last traded; volume and average are not known."""
    statistics = _statistics(
        {"marketDefinition": defined()},
        *({"rc": [{"id": 1, "ltp": price}]} for price in (3, 2, 2.5)),
        {**IN_PLAY, "rc": [{"id": 1, "ltp": 1.01}]},
    )

    runner = statistics.runners[0]
    assert _phase(3.0, 2.0, 2.5, None, None) == runner.pre_play
    assert _phase(1.01, 1.01, 1.01, None, None) == runner.in_play
    assert (None, None) == (statistics.total_matched, statistics.volume)


def test_runner_on_which_nothing_was_traded() -> None:
    """No trade is volume 0 and no prices, where the tape has volumes at all."""
    runner = _statistics({"marketDefinition": defined()}, _traded([2, 1])).runners[1]

    assert _phase(None, None, None, None, Decimal(0)) == runner.pre_play


def test_total_matched_is_the_highest_published() -> None:
    """At settlement the total goes to 0; what was matched is the highest before."""
    statistics = _statistics({"marketDefinition": defined(), "tv": 10.55}, {"tv": 30.01}, {"tv": 0})

    assert Decimal("30.01") == statistics.total_matched
    assert Decimal("15.005") == statistics.volume


def test_total_matched_is_added_up_where_it_is_not_published() -> None:
    """Official files of some years have no total: it is the sum of what was traded on the runners."""
    both = {"rc": [{"id": 1, "trd": [[2, 100.01]]}, {"id": 2, "trd": [[9, 8]]}]}

    statistics = _statistics({"marketDefinition": defined()}, both)

    assert Decimal("108.01") == statistics.total_matched
    assert Decimal("54.005") == statistics.volume


def test_results_are_those_of_the_last_definition() -> None:
    """Result, starting price and the rest are as last defined, runners by sort priority."""
    runners = [
        {
            "id": 2,
            "sortPriority": 2,
            "status": "WINNER",
            "bsp": 2.5,
            "adjustmentFactor": 40.1,
            "name": "2. Two",
        },
        {"id": 1, "sortPriority": 1, "status": "REMOVED", "removalDate": "2026-02-18T13:00:00.000Z"},
    ]

    first, second = _statistics(
        {"marketDefinition": defined()}, {"marketDefinition": defined(runners=runners, status="CLOSED")}
    ).runners

    assert ("REMOVED", None, "2026-02-18T13:00:00.000Z") == (first.result, first.bsp, first.removal_date)
    assert ("WINNER", 2.5, 40.1, "2. Two") == (
        second.result,
        second.bsp,
        second.adjustment_factor,
        second.name,
    )


def test_runner_that_no_definition_lists_comes_last() -> None:
    """A runner that only has prices is in the statistics, after the others, without a result."""
    runners = _statistics({"marketDefinition": defined()}, {"rc": [{"id": 9, "ltp": 2}]}).runners

    assert [1, 2, 9] == [runner.selection_id for runner in runners]
    assert runners[-1].result is None


def test_nothing_folded_is_nothing_known() -> None:
    """A market without a message has no times, and a reason for no prices at the off."""
    statistics = StatisticsFold(MARKET).result()

    assert (0, None, None, ()) == (
        statistics.messages,
        statistics.first_publish_time,
        statistics.last_publish_time,
        statistics.runners,
    )
    assert "no definition has a market time" == statistics.not_captured_because


def test_volumes_that_cannot_be_are_left_out() -> None:
    """A volume of NaN, and a total that is infinite, leave the numbers as they are without them."""
    damaged = _traded([2, "NaN"], tv="Infinity")  # type: ignore[list-item]  # Betfair's texts for them

    statistics = _statistics(
        {"marketDefinition": defined()}, _traded([2, 10], [3, 20], tv=30.5), damaged, _traded([3, 30])
    )

    assert (Decimal(20), Decimal("30.5"), 4) == (
        statistics.volume,
        statistics.total_matched,
        statistics.messages,
    )
