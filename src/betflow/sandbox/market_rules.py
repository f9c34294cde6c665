"""The rules that a market of the sandbox states: HTML as in a catalogue; short, and true of the sandbox."""

from typing import Final

from betflow.wire.enums import MarketBettingType
from betflow.wire.stream import MarketDefinition

_WHAT: Final = {
    "WIN": "Who will win this race?",
    "PLACE": (
        "Which runners will finish in the first {winners}? The number of places does not change with "
        "non-runners."
    ),
    "EACH_WAY": (
        "Half of the stake is on the win and half on a place among the first {winners}, at a part of the "
        "odds of 1/{divisor}."
    ),
    "MATCH_ODDS": "Who will win this match?",
    "CORRECT_SCORE": "What will the score be after normal time?",
    "ASIAN_HANDICAP": "Who will win once the handicap is added to the score after normal time?",
}
_NON_RUNNERS: Final = (
    "Bets on a non-runner are void. Bets matched before are reduced by its reduction factor. Dead heat rules "
    "apply."
)
_TRAPS: Final = (
    "If a reserve runs or a trap stays empty, unmatched bets are cancelled and bets matched before are void, "
    "except at the Betfair starting price on unaffected traps. Dead heat rules apply."
)
_TURNS_IN_PLAY: Final = (
    "The market turns in play: unmatched bets that are not to persist are cancelled at the off."
)
_DOES_NOT: Final = "The market is suspended at the off and does not turn in play."
_STARTING_PRICE: Final = "Bets at the Betfair starting price are offered."
_SIMULATED: Final = "This market is simulated: nobody's money is in it."


def rules_of(definition: MarketDefinition) -> str:
    """Return the rules of a market."""
    parts = [
        _what(definition),
        {"7": _NON_RUNNERS, "4339": _TRAPS}.get(definition.event_type_id or "", ""),
        _TURNS_IN_PLAY if definition.turn_in_play_enabled else _DOES_NOT,
        _STARTING_PRICE if definition.bsp_market else "",
        _SIMULATED,
    ]
    return f"<b>Market Information</b><br>{'<br><br>'.join(filter(None, parts))}<br>"


def _what(definition: MarketDefinition) -> str:
    if definition.betting_type == MarketBettingType.LINE:
        return "Bets are settled at even money, on which side of the line the result is."
    what = _WHAT.get(definition.market_type or "", "What will the result be?")
    divisor = definition.each_way_divisor or 1
    return what.format(winners=definition.number_of_winners, divisor=f"{divisor:g}")
