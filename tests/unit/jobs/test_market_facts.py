"""What a recording cannot tell of a result, from a file."""

from decimal import Decimal

import pytest

from betflow.errors import UsageError
from betflow.exchange.bets import RunnerKey
from betflow.jobs.market_facts import MarketFacts, parse_facts, result_with
from betflow.wire.stream import MarketDefinition, RunnerDefinition

HOME, AWAY = 11, 12


def handicap_market() -> MarketDefinition:
    """Return a settled market of a quarter line."""
    lines = ((HOME, -0.25), (AWAY, 0.25))
    runners = [RunnerDefinition(id=each, hc=line, status="WINNER") for each, line in lines]
    return MarketDefinition(status="CLOSED", betting_type="ASIAN_HANDICAP_DOUBLE_LINE", runners=runners)


def test_facts_are_read_by_market() -> None:
    """A market id is a text, also where it looks like a number; amounts are exact."""
    text = "1.10:\n  line_result: 5.5\n1.2: {void: true}\n1.3: {sharing: [7, 9]}\n"

    assert {
        "1.10": MarketFacts(line_result=Decimal("5.5")),
        "1.2": MarketFacts(is_void=True),
        "1.3": MarketFacts(sharing=(7, 9)),
    } == parse_facts(text, "results.yaml")


def test_json_is_read_as_well() -> None:
    """JSON is YAML."""
    assert {"1.2": MarketFacts(goals=Decimal(3), over=1, under=2)} == parse_facts(
        '{"1.2": {"goals": 3, "over": 1, "under": 2}}', "results.json"
    )


def test_scores_give_the_margins_of_a_handicap() -> None:
    """1:1 leaves the favourite a quarter behind, and the other a quarter ahead."""
    [facts] = parse_facts("1.2: {scores: {11: 1, 12: 1}}", "results.yaml").values()

    quarter = Decimal("0.25")
    margins = {RunnerKey(HOME, -quarter): -quarter, RunnerKey(AWAY, quarter): quarter}
    assert margins == result_with(facts, "1.2", handicap_market(), {}).margins


def test_goals_give_the_margins_of_a_goal_line() -> None:
    """Three goals are half a goal over the line of 2.5."""
    runners = [RunnerDefinition(id=each, hc=2.5, status="WINNER") for each in (1, 2)]
    definition = MarketDefinition(status="CLOSED", betting_type="ASIAN_HANDICAP_SINGLE_LINE", runners=runners)
    [facts] = parse_facts("1.2: {goals: 3, over: 1, under: 2}", "results.yaml").values()

    line, half = Decimal("2.5"), Decimal("0.5")
    margins = {RunnerKey(1, line): half, RunnerKey(2, line): -half}
    assert margins == result_with(facts, "1.2", definition, {}).margins


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("is no YAML", "1.2: ["),
        ("does not say facts by market", "- 1.2"),
        ("does not say facts by market", "1.2: 5"),
        ("market 1.2: there is no 'score'", "1.2: {score: 3}"),
        ("line_result: found 'many'; expected a number", "1.2: {line_result: many}"),
        ("scores: found {'11': '1'}; expected the scores of two selections", "1.2: {scores: {11: 1}}"),
        ("void: found 'perhaps'; expected true or false", "1.2: {void: perhaps}"),
        ("goals, over and under together", "1.2: {goals: 3}"),
        ("sharing: found '7'; expected a list of selections", "1.2: {sharing: 7}"),
        ("sharing: found 'x'; expected the number of a selection", "1.2: {sharing: [x]}"),
    ],
)
def test_mistakes_are_named(expected: str, text: str) -> None:
    """The error names the file, the market, the word and what was expected."""
    with pytest.raises(UsageError, match=r"results\.yaml") as raised:
        parse_facts(text, "results.yaml")

    assert expected in str(raised.value)
