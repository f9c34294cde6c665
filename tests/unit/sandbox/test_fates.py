"""What happens in races and matches, and what can be known of it."""

import pytest

from betflow.sandbox.generator.chance import Chance
from betflow.sandbox.generator.course import Believed, Plot, Removed, Settled, TurnedInPlay
from betflow.sandbox.generator.day import Day, Event, Programme
from betflow.sandbox.generator.evidence import Evidence, finishing_order
from betflow.sandbox.generator.football import _goals, _halves
from betflow.sandbox.generator.tennis import Score, World
from betflow.wire.enums import RunnerStatus

DAY = 1_783_123_200_000
"""2026-07-04."""


def _events(**counts: int) -> list[Event]:
    nothing = {"races": 0, "greyhounds": 0, "football": 0, "tennis": 0}
    return list(Day(Programme(seed=3, day=DAY, **(nothing | counts))).events)


def _results(plot: Plot) -> tuple[RunnerStatus, ...]:
    last = plot.steps[-1]
    assert isinstance(last, Settled)
    return last.statuses


@pytest.mark.parametrize("strengths", [[5.0, 3.0, 2.0], [1.0, 0.0, 2.0, 4.0, 1.0]])
@pytest.mark.parametrize("places", [2, 3])
def test_chances_without_evidence_are_those_of_the_strengths(strengths: list[float], places: int) -> None:
    """Before any signal a runner's chance to win is its part of the strength."""
    evidence = Evidence(range(len(strengths)), places, len(strengths))
    total = sum(strengths)

    assert [strength / total for strength in strengths] == pytest.approx(evidence.chances(strengths).win)


@pytest.mark.parametrize("places", [2, 3])
def test_as_many_places_are_taken_as_there_are(places: int) -> None:
    """The chances to be placed add up to the number of places, whatever was heard."""
    evidence = Evidence([2, 0, 1, 3, 4], places, 5)
    for _ in range(40):
        evidence.hear(0.3, Chance("places"))

    assert places == pytest.approx(sum(evidence.chances([5.0, 3.0, 2.0, 1.0, 1.0]).place))


def test_two_places_by_hand() -> None:
    """With strengths 5, 3 and 2 the first is placed with 0.5 + 0.3 × 5/7 + 0.2 × 5/8."""
    chances = Evidence([0, 1, 2], 2, 3).chances([5.0, 3.0, 2.0])

    assert 0.5 + 0.3 * 5 / 7 + 0.2 * 5 / 8 == pytest.approx(chances.place[0])


def test_much_evidence_tells_the_winner() -> None:
    """After many clear signals the winner is all but certain."""
    evidence, chance = Evidence([1, 0, 2], 2, 3), Chance("clear")
    for _ in range(60):
        evidence.hear(0.6, chance)

    assert evidence.chances([5.0, 1.0, 2.0]).win[1] > 0.99


def test_prices_are_fair_while_a_race_is_told() -> None:
    """Of runners that are worth between 0.2 and 0.4 at some moment, as many win as that says."""
    chance, strengths = Chance("fair"), [5.0, 3.0, 2.0, 1.0]
    expected, won, seen = 0.0, 0, 0
    for _ in range(1_500):
        order = finishing_order(strengths, chance)
        evidence = Evidence(order, 2, 4)
        for _ in range(8):
            evidence.hear(0.35, chance)
        for runner, worth in enumerate(evidence.chances(strengths).win):
            if 0.2 <= worth <= 0.4:
                expected, won, seen = expected + worth, won + (order[0] == runner), seen + 1

    assert expected / seen == pytest.approx(won / seen, abs=0.04)


def test_the_markets_of_a_race_have_one_result() -> None:
    """The winner of the win market wins the place and the each-way market, and the placed are the same."""
    for event in _events(races=12):
        win, place, each_way = map(_results, event.plots())
        expected = ["WINNER" if each == "PLACED" else str(each) for each in each_way]

        assert win.index(RunnerStatus.WINNER) == each_way.index(RunnerStatus.WINNER)
        assert expected == [str(each) for each in place]


def test_a_place_market_pays_its_places() -> None:
    """As many runners win a place market as its definition says."""
    for event in _events(races=12):
        place = event.plots()[1]

        assert place.card.number_of_winners == _results(place).count(RunnerStatus.WINNER)


def test_a_non_runner_leaves_all_markets_at_once() -> None:
    """Removals have the same moment and the same runner in the three markets of a race."""
    found = 0
    for event in _events(races=20):
        removals = [
            [(step.at, step.runner) for step in plot.steps if isinstance(step, Removed)]
            for plot in event.plots()
        ]
        found += len(removals[0])

        assert removals[0] == removals[1] == removals[2]
    assert found > 0


def test_a_reduction_factor_is_published_before_it_applies() -> None:
    """The factor that a non-runner leaves with is the one that its card has had."""
    for event in _events(races=20):
        for plot in event.plots():
            removals = [step for step in plot.steps if isinstance(step, Removed)]
            for step in removals[:1]:
                assert step.factors is not None
                assert plot.card.runners[step.runner].adjustment_factor == step.factors[step.runner]


def test_a_small_reduction_cancels_nothing() -> None:
    """Orders to lay are cancelled from 2.5 % in win and each-way markets, and from 4 % in place markets."""
    least = {"WIN": 2.5, "EACH_WAY": 2.5, "PLACE": 4.0}
    for event in _events(races=30):
        for plot in event.plots():
            for step in plot.steps:
                if isinstance(step, Removed) and step.factors is not None:
                    expected = step.factors[step.runner] >= least[plot.card.market_type]
                    assert expected == step.cancels_lays


def test_win_prices_are_those_of_a_book_without_margin() -> None:
    """The chances of the fair prices of a win market add up to 1 at each moment."""
    win = _events(races=1)[0].plots()[0]
    for step in win.steps:
        if isinstance(step, Believed):
            assert 1.0 == pytest.approx(sum(1 / price for price in step.prices if price), abs=1e-4)


def test_an_each_way_price_is_fair() -> None:
    """Half the stake at the price for a win, half at its fraction for a place, gives both stakes back."""
    win, place, each_way = _events(races=1)[0].plots()
    first = [
        next(step for step in plot.steps if isinstance(step, Believed)) for plot in (win, place, each_way)
    ]
    divisor = each_way.card.each_way_divisor
    assert divisor is not None

    for won, placed, price in zip(*(step.prices for step in first), strict=True):
        assert 2.0 == pytest.approx(price / won + (1 + (price - 1) / divisor) / placed)


def test_steps_are_in_the_order_of_time() -> None:
    """No step of any market is earlier than the one before."""
    for event in _events(races=3, greyhounds=3, football=2, tennis=2):
        for plot in event.plots():
            times = [plot.opens, *(step.at for step in plot.steps)]

            assert sorted(times) == times


def test_greyhounds_do_not_run_in_play() -> None:
    """No market of a greyhound race turns in play."""
    plots = [plot for event in _events(greyhounds=3) for plot in event.plots()]

    assert not any(isinstance(step, TurnedInPlay) for plot in plots for step in plot.steps)


def test_goals_are_counted_once() -> None:
    """The chances of all numbers of goals add up to 1."""
    assert 1.0 == pytest.approx(sum(map(sum, _goals(0.017, 0.011, 94))), abs=1e-6)


def test_one_minute_has_one_goal_at_most() -> None:
    """In the last minute the home side scores with its own chance, and both never do."""
    grid = _goals(0.02, 0.01, 1)

    assert 0.02 == pytest.approx(grid[1][0])
    assert 0.0 == grid[1][1]


def test_a_quarter_line_is_two_lines() -> None:
    """A margin of three quarters is half on a half and half on one; a whole one is itself."""
    assert (2, 4) == _halves(3)
    assert (4, 4) == _halves(4)


def test_the_markets_of_a_match_have_one_result() -> None:
    """Match odds, goals, correct score and handicap of a match say the same of its score."""
    for event in _events(football=6):
        odds, goals, correct, handicap = event.plots()
        winner = correct.card.runners[_results(correct).index(RunnerStatus.WINNER)].name
        if "Any" in winner:
            continue
        home, away = map(int, winner.split(" - "))
        by_line = dict(zip(handicap.card.runners, _results(handicap), strict=True))
        line = next(each for each in handicap.card.runners if each.handicap == -0.5)

        assert [home > away, home < away, home == away] == [
            each is RunnerStatus.WINNER for each in _results(odds)
        ]
        assert (home + away > 2) == (_results(goals)[1] is RunnerStatus.WINNER)
        assert (home > away) == (by_line[line] is RunnerStatus.WINNER)


def test_a_handicap_has_both_sides_of_each_line() -> None:
    """There are 33 lines of two runners, on the FINEST ladder."""
    handicap = _events(football=1)[0].plots()[3].card

    assert "FINEST" == handicap.ladder
    assert 66 == len({(runner.selection_id, runner.handicap) for runner in handicap.runners})


def test_equal_players_have_equal_chances() -> None:
    """A match of two who serve alike is even, whoever serves."""
    assert 0.5 == pytest.approx(World((0.62, 0.62)).match(Score(server=1)))


def test_a_score_is_worth_what_its_next_scores_are() -> None:
    """At any score the chance of the match is the average over who wins the next point."""
    world, score, chance = World((0.66, 0.6)), Score(), Chance("points")
    while not score.is_over:
        point = world.point(score)
        expected = point * world.match(score.after_point(0)) + (1 - point) * world.match(score.after_point(1))

        assert expected == pytest.approx(world.match(score))
        score = score.after_point(0 if chance.happens(point) else 1)


def test_a_set_is_won_by_two_games() -> None:
    """At 5 – 5 a game does not win the set; at 6 – 5 it does; at 6 – 6 there is a tie-break."""
    assert (6, 5) == Score(games=(5, 5)).after_game(0).games
    assert (1, 0) == Score(games=(6, 5)).after_game(0).sets
    assert Score(games=(6, 5)).after_game(1).is_tie_break
