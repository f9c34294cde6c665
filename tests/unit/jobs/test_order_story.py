"""Each event of an order is a sentence that a person understands."""

from typing import Any

import pytest

from betflow.exchange.matching.orders import EventKind, Rule
from betflow.jobs.order_story import decision, sentence

ALL = [2.0, 2.0, 2.0]


def told(kind: str, rule: str, **more: Any) -> str:  # noqa: ANN401 - whatever an event has
    """Tell an event."""
    return sentence({"kind": kind, "rule": rule, "at": 1, "publish_time": 1, **more})


@pytest.mark.parametrize(
    ("expected", "event"),
    [
        ("reached the exchange and was accepted", {"kind": "ACCEPTED", "rule": "ARRIVED"}),
        (
            "the bet delay is over: it acts on the book as it stands now",
            {"kind": "ACCEPTED", "rule": "BET_DELAY"},
        ),
        (
            "it would not match at once, so it joins the queue without waiting (PASSIVE bet delay)",
            {"kind": "ACCEPTED", "rule": "PASSIVE_DELAY"},
        ),
        (
            "waits for the market's bet delay, 5 s",
            {"kind": "WAITING", "rule": "BET_DELAY", "facts": {"seconds": 5}},
        ),
        ("refused: INVALID_ODDS", {"kind": "REFUSED", "rule": "REFUSED", "error_code": "INVALID_ODDS"}),
        (
            "refused: RISK, a stake of 5.01 is above the limit of 5",
            {
                "kind": "REFUSED",
                "rule": "REFUSED",
                "error_code": "RISK",
                "facts": {"reason": "a stake of 5.01 is above the limit of 5"},
            },
        ),
        (
            "2.00 unmatched joins the queue, behind 155.76 that is displayed there",
            {"kind": "QUEUED", "rule": "ARRIVED", "amounts": ALL, "facts": {"ahead": 155.76}},
        ),
        (
            "2.00 matched at 3.1: 4.00 was displayed at that price",
            {
                "kind": "MATCHED",
                "rule": "BEST_PRICE",
                "amounts": ALL,
                "price": 3.1,
                "facts": {"displayed": 4.0, "taken before": 0.0},
            },
        ),
        (
            "2.00 matched at 3.1: 4.00 was displayed at that price, 1.50 of it taken by us before",
            {
                "kind": "MATCHED",
                "rule": "BEST_PRICE",
                "amounts": ALL,
                "price": 3.1,
                "facts": {"displayed": 4.0, "taken before": 1.5},
            },
        ),
        (
            "2.00 matched at 3 with our own order, bet 7",
            {"kind": "MATCHED", "rule": "OWN_ORDER", "amounts": ALL, "price": 3.0, "facts": {"order": "7"}},
        ),
        (
            (
                "1.66 (worst case 0.00, best 4.00) matched at 2.1: 15.00 traded there, half of the published "
                "volume, and 13.34 was ahead of it in the queue"
            ),
            {
                "kind": "MATCHED",
                "rule": "QUEUE",
                "amounts": [0.0, 1.66, 4.0],
                "price": 2.1,
                "facts": {"traded": 15.0, "at": 2.1, "ahead": 13.34},
            },
        ),
        (
            "2.00 matched at 3: 9.00 traded at 3.05, a worse price than its own, so its turn had come",
            {
                "kind": "MATCHED",
                "rule": "TRADED_THROUGH",
                "amounts": ALL,
                "price": 3.0,
                "facts": {"traded": 9.0, "at": 3.05},
            },
        ),
        (
            (
                "2.00 matched at 3 in the auction at the off: those who bet at the starting price took 20.00 "
                "of 20.00 there, and went on to 3.2; 15.00 was ahead of it in the queue"
            ),
            {
                "kind": "MATCHED",
                "rule": "AUCTION",
                "amounts": ALL,
                "price": 3.0,
                "facts": {"traded": 20.0, "displayed": 20.0, "ahead": 15.0, "last price": 3.2},
            },
        ),
        (
            (
                "2.00 matched at 3: an offer of 9.00 appeared at 3.05 on the other side. Doubtful: an image "
                "followed in mid-stream, something in between may be lost"
            ),
            {
                "kind": "MATCHED",
                "rule": "CROSSED",
                "amounts": ALL,
                "price": 3.0,
                "facts": {"displayed": 9.0, "at": 3.05},
                "doubts": ["GAP"],
            },
        ),
        (
            "2.00 matched at the starting price 7.69, for 13.38 at risk",
            {
                "kind": "MATCHED",
                "rule": "STARTING_PRICE",
                "amounts": ALL,
                "price": 7.69,
                "facts": {"liability": 13.38},
            },
        ),
        ("2.00 cancelled as instructed", {"kind": "CANCELLED", "rule": "CANCEL", "amounts": ALL}),
        (
            "2.00 lapsed because the market turned in play and it does not persist",
            {"kind": "LAPSED", "rule": "TURNED_IN_PLAY", "amounts": ALL},
        ),
        (
            (
                "2.00 lapsed because what could not be filled at once is killed (FILL_OR_KILL) "
                "(BET_LAPSED_PRICE_IMPROVEMENT_TOO_LARGE)"
            ),
            {
                "kind": "LAPSED",
                "rule": "FILL_OR_KILL",
                "amounts": ALL,
                "error_code": "BET_LAPSED_PRICE_IMPROVEMENT_TOO_LARGE",
            },
        ),
        (
            "2.00 that was matched is void because its runner was removed",
            {"kind": "VOIDED", "rule": "RUNNER_REMOVED", "amounts": ALL},
        ),
        (
            "its persistence is PERSIST from now on",
            {"kind": "UPDATED", "rule": "UPDATE", "facts": {"persistence": "PERSIST"}},
        ),
        (
            "another runner was removed: it stands at 6.8 now",
            {"kind": "REDUCED", "rule": "OTHER_RUNNER_REMOVED", "price": 6.8},
        ),
        (
            "another runner was removed: its liability is less, 2.00",
            {"kind": "REDUCED", "rule": "OTHER_RUNNER_REMOVED", "amounts": ALL},
        ),
        (
            "what is unmatched waits for the starting price, with 2.00 at risk",
            {"kind": "CONVERTED", "rule": "TURNED_IN_PLAY", "amounts": ALL},
        ),
        ("expired because the market closed", {"kind": "EXPIRED", "rule": "MARKET_CLOSED"}),
    ],
)
def test_event_is_told_in_plain_words(expected: str, event: dict[str, Any]) -> None:
    """The sentence says what happened, by which rule, and the numbers that decided."""
    assert expected == told(**event)


@pytest.mark.parametrize("kind", EventKind)
@pytest.mark.parametrize("rule", Rule)
def test_every_event_can_be_told(kind: EventKind, rule: Rule) -> None:
    """No kind and rule is without words, also those that do not come together today."""
    assert told(str(kind), str(rule), price=3.0)


@pytest.mark.parametrize(
    ("expected", "side", "instruction"),
    [
        ("decided to back 2.00 at 3.1 or higher", "BACK", {"limitOrder": {"price": 3.1, "size": 2.0}}),
        (
            "decided to lay 2.00 at 3 or lower, PERSIST",
            "LAY",
            {"limitOrder": {"price": 3.0, "size": 2.0, "persistenceType": "PERSIST"}},
        ),
        (
            "decided to back 2.00 (at least 1.00) at 3 or higher, FILL_OR_KILL",
            "BACK",
            {"limitOrder": {"price": 3.0, "size": 2.0, "timeInForce": "FILL_OR_KILL", "minFillSize": 1.0}},
        ),
        (
            "decided to lay for a backers profit of 20.00 at 3 or lower",
            "LAY",
            {"limitOrder": {"price": 3.0, "betTargetType": "BACKERS_PROFIT", "betTargetSize": 20.0}},
        ),
        (
            "decided to back at the starting price if it is 4 or higher, with 10.00 at risk",
            "BACK",
            {"limitOnCloseOrder": {"price": 4.0, "liability": 10.0}},
        ),
        (
            "decided to lay at the starting price, with 30.00 at risk",
            "LAY",
            {"marketOnCloseOrder": {"liability": 30.0}},
        ),
    ],
)
def test_decision_is_told_in_plain_words(expected: str, side: str, instruction: dict[str, Any]) -> None:
    """What was asked for, with the direction in which the price may be better."""
    assert expected == decision({"side": side, "instruction": instruction})
