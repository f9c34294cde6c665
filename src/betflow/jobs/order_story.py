"""
One order's story in plain words: what happened, by which rule, and the numbers that decided.

An event here is what a backtest writes down of it (see docs/reference/backtest.md): money in pounds, a triple
of amounts for the worst, the expected and the best case, and facts by name.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from betflow.exchange.matching.orders import Doubt, EventKind, Rule

Event: TypeAlias = Mapping[str, Any]

_DOUBTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Doubt.CONFLATED: "the message merges several changes, what happened in between is not known",
        Doubt.LATE: "Betfair said that data may be late or incomplete then (status 503)",
        Doubt.PARTICIPATION: "its price was taken in part, and who took part there is not published",
        Doubt.GAP: "an image followed in mid-stream, something in between may be lost",
    }
)

_ENDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Rule.CANCEL: "as instructed",
        Rule.REPLACE: "to be placed again at another price",
        Rule.FILL_OR_KILL: "because what could not be filled at once is killed (FILL_OR_KILL)",
        Rule.SUSPENDED_WHILE_WAITING: "because the market was suspended while it waited for the bet delay",
        Rule.TURNED_IN_PLAY: "because the market turned in play and it does not persist",
        Rule.SUSPENDED_IN_PLAY: "because something material happened in play and it does not persist",
        Rule.RECONCILED: "because the starting price was reconciled and it does not persist",
        Rule.MARKET_CLOSED: "because the market closed",
        Rule.RUNNER_REMOVED: "because its runner was removed",
        Rule.OTHER_RUNNER_REMOVED: "because another runner was removed",
        Rule.NO_STARTING_PRICE: "because its runner has no starting price",
        Rule.STARTING_PRICE_LIMIT: "because the starting price is beyond its limit",
        Rule.STARTING_PRICE_TOO_SMALL: "because what is left is less than the starting price takes",
        Rule.REFUSED: "because the market has changed materially since the version that it was decided on",
        Rule.PRICE_IMPROVEMENT: "because a better price was there, and best execution is off",
    }
)


def sentence(event: Event) -> str:
    """Tell an event in one sentence, without its time and place."""
    kind, rule = event["kind"], event["rule"]
    tell = _MATCHES.get(rule) if kind == EventKind.MATCHED else _KINDS.get(kind)
    told = tell(event) if tell is not None else f"{kind.lower()} ({rule})"
    doubts = [_DOUBTS.get(each, each) for each in event.get("doubts", ())]
    return told + (f". Doubtful: {'; '.join(doubts)}" if doubts else "")


def decision(order: Mapping[str, Any]) -> str:
    """Tell what was asked for, from an order with its instruction in Betfair's words."""
    instruction = order["instruction"]
    side = order["side"].lower()
    direction = "higher" if order["side"] == "BACK" else "lower"
    limit, on_close = instruction.get("limitOrder"), instruction.get("limitOnCloseOrder")
    if limit is not None:
        names = ("persistenceType", "timeInForce")
        more = [limit[name] for name in names if limit.get(name) not in {None, "LAPSE"}]
        terms = ", ".join([f"{price(limit['price'])} or {direction}", *more])
        return f"decided to {side} {_aim(limit)} at {terms}"
    if on_close is not None:
        terms = f"if it is {price(on_close['price'])} or {direction}"
        return f"decided to {side} at the starting price {terms}, with {money(on_close['liability'])} at risk"
    risk = money(instruction["marketOnCloseOrder"]["liability"])
    return f"decided to {side} at the starting price, with {risk} at risk"


def _aim(limit: Mapping[str, Any]) -> str:
    if limit.get("betTargetType") is None:
        least = limit.get("minFillSize")
        return money(limit.get("size")) + (f" (at least {money(least)})" if least else "")
    target = limit["betTargetType"].replace("_", " ").lower()
    return f"for a {target} of {money(limit.get('betTargetSize'))}"


def money(amount: float | None) -> str:
    """Write an amount with two decimals."""
    return "-" if amount is None else f"{amount:,.2f}"


def amounts(event: Event) -> str:
    """Write the amount of an event: the expected one, and the others where they differ."""
    worst, expected, best = event.get("amounts") or (0, 0, 0)
    text = money(expected)
    return text if worst == expected == best else f"{text} (worst case {money(worst)}, best {money(best)})"


def price(amount: float | None) -> str:
    """Write a price as people do, without zeros at its end."""
    return "-" if amount is None else f"{amount:.10g}"


def _fact(event: Event, name: str) -> str:
    return money(event.get("facts", {}).get(name))


def _at(event: Event) -> str:
    return price(event.get("facts", {}).get("at", event.get("price")))


def _accepted(event: Event) -> str:
    if event["rule"] == Rule.BET_DELAY:
        return "the bet delay is over: it acts on the book as it stands now"
    if event["rule"] == Rule.PASSIVE_DELAY:
        return "it would not match at once, so it joins the queue without waiting (PASSIVE bet delay)"
    return "reached the exchange and was accepted"


def _refused(event: Event) -> str:
    code, reason = event.get("error_code"), event.get("facts", {}).get("reason")
    return "refused: " + (", ".join(str(each) for each in (code, reason) if each) or "no reason given")


def _waiting(event: Event) -> str:
    return f"waits for the market's bet delay, {event.get('facts', {}).get('seconds', '?')} s"


def _queued(event: Event) -> str:
    if "ahead" not in event.get("facts", {}):
        return f"{amounts(event)} unmatched joins the queue, where the recording does not show what is ahead"
    return (
        f"{amounts(event)} unmatched joins the queue, behind {_fact(event, 'ahead')} that is displayed there"
    )


def _cancelled(event: Event) -> str:
    return f"{amounts(event)} cancelled {_reason(event)}"


def _lapsed(event: Event) -> str:
    return f"{amounts(event)} lapsed {_reason(event)}"


def _voided(event: Event) -> str:
    return f"{amounts(event)} that was matched is void {_reason(event)}"


def _expired(event: Event) -> str:
    return f"expired {_reason(event)}"


def _updated(event: Event) -> str:
    return f"its persistence is {event.get('facts', {}).get('persistence', 'changed')} from now on"


def _reduced(event: Event) -> str:
    place = f"it stands at {price(event.get('price'))} now" if event.get("price") else "its liability is less"
    worst, expected, best = event.get("amounts") or (0, 0, 0)
    rest = f", {amounts(event)}" if any((worst, expected, best)) else ""
    return f"another runner was removed: {place}{rest}"


def _converted(event: Event) -> str:
    return f"what is unmatched waits for the starting price, with {amounts(event)} at risk"


def _reason(event: Event) -> str:
    code = event.get("error_code")
    return _ENDS.get(event["rule"], f"({event['rule']})") + (f" ({code})" if code else "")


def _matched(event: Event) -> str:
    return f"{amounts(event)} matched at {price(event['price'])}"


def _best_price(event: Event) -> str:
    before = event.get("facts", {}).get("taken before")
    rest = f", {money(before)} of it taken by us before" if before else ""
    shown = _fact(event, "displayed")
    return f"{_matched(event)}: {shown} was displayed at that price{rest}"


def _own_order(event: Event) -> str:
    other = event.get("facts", {}).get("order", "another")
    return f"{_matched(event)} with our own order, bet {other}"


def _queue(event: Event) -> str:
    return (
        f"{_matched(event)}: {_fact(event, 'traded')} traded there, half of the "
        f"published volume, and {_fact(event, 'ahead')} was ahead of it in the queue"
    )


def _traded_through(event: Event) -> str:
    return (
        f"{_matched(event)}: {_fact(event, 'traded')} traded at {_at(event)}, "
        "a worse price than its own, so its turn had come"
    )


def _crossed(event: Event) -> str:
    return (
        f"{_matched(event)}: an offer of {_fact(event, 'displayed')} appeared at "
        f"{_at(event)} on the other side"
    )


def _auction(event: Event) -> str:
    last = event.get("facts", {}).get("last price")
    return (
        f"{_matched(event)} in the auction at the off: those who bet at the starting price took "
        f"{_fact(event, 'traded')} of {_fact(event, 'displayed')} there, and went on to {price(last)}; "
        f"{_fact(event, 'ahead')} was ahead of it in the queue"
    )


def _starting_price(event: Event) -> str:
    liability = event.get("facts", {}).get("liability")
    risk = f", for {money(liability)} at risk" if liability is not None else ""
    return f"{amounts(event)} matched at the starting price {price(event['price'])}{risk}"


_KINDS: Final[Mapping[str, Callable[[Event], str]]] = MappingProxyType(
    {
        EventKind.ACCEPTED: _accepted,
        EventKind.REFUSED: _refused,
        EventKind.WAITING: _waiting,
        EventKind.CANCELLED: _cancelled,
        EventKind.LAPSED: _lapsed,
        EventKind.VOIDED: _voided,
        EventKind.EXPIRED: _expired,
        EventKind.UPDATED: _updated,
        EventKind.REDUCED: _reduced,
        EventKind.QUEUED: _queued,
        EventKind.CONVERTED: _converted,
    }
)
_MATCHES: Final[Mapping[str, Callable[[Event], str]]] = MappingProxyType(
    {
        Rule.BEST_PRICE: _best_price,
        Rule.OWN_ORDER: _own_order,
        Rule.QUEUE: _queue,
        Rule.TRADED_THROUGH: _traded_through,
        Rule.CROSSED: _crossed,
        Rule.AUCTION: _auction,
        Rule.STARTING_PRICE: _starting_price,
    }
)
