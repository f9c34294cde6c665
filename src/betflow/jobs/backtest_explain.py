"""``betflow backtest explain``: one order's story, from the journal, with the evidence of every step."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from betflow.errors import DamagedError, NotFoundError, UsageError
from betflow.exchange.outcomes import Rule
from betflow.exchange.times import iso
from betflow.jobs.earlier_runs import find_run
from betflow.jobs.order_story import decision, money, price, sentence
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.ledger.backtests import BacktestTables, FoundOrder
from betflow.ledger.journal import Journal
from betflow.wire.enums import OrderStatus

_CASES = ("worst", "expected", "best")
_MOST_NAMED = 5

_WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        Rule.WINNER: "Its runner won",
        Rule.LOSER: "Its runner lost",
        Rule.PLACED: "Its runner was placed",
        Rule.DEAD_HEAT: "A dead heat divides the stake",
        Rule.LINE: "The result of the line decides, at odds of 2",
        Rule.HANDICAP: "The score after the handicap decides",
        Rule.LINES_BESIDE: "Half of the stake is on each of the lines beside it, and their results decide",
        Rule.REDUCED: "The price is reduced: another runner was taken out after it was matched",
        Rule.HIDDEN: "Its runner is still hidden at the settlement",
        Rule.REMOVED: "Void: its runner was taken out of the market",
        Rule.REMOVED_AFTERWARDS: "Void: another runner was taken out after it was matched",
        Rule.MARKET_VOID: "Void: the whole market is",
        Rule.PLACE_PART_VOID: "The place part is void: no more runners were left than places are paid",
        Rule.NOT_CLOSED: "Unsettled: the recording ends before the market was settled",
        Rule.NO_RUNNER: "Unsettled: the market has no such runner",
        Rule.NO_RESULT: "Unsettled: the runner's status is no result in a market of this kind",
        Rule.NO_LINE_RESULT: "Unsettled: the recording does not say what number the line ended with",
        Rule.NO_MARGIN: "Unsettled: the score is needed for this handicap, and was not recorded",
        Rule.NO_DIVISOR: "Unsettled: the market does not say at which fraction it pays places",
        Rule.UNRESOLVED_DEAD_HEAT: "Unsettled: nobody said who shares the last place",
    }
)
_PLAIN = frozenset({Rule.WINNER, Rule.LOSER, Rule.REDUCED})


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """
    Which order.

    Attributes:
        ref: Its ref, or its bet id.
        run: The backtest's run id or a beginning that only it has; None for the latest with such an order.
        market_id: Which market, where several have such an order.
    """

    ref: str
    run: str | None = None
    market_id: str | None = None


def explain(request: ExplainRequest, context: RunContext) -> Outcome:
    """
    Tell an order's story.

    Raises:
        NotFoundError: there is no such run or order.
        UsageError: several orders have that ref.
        DamagedError: the journal does not hold what the tables say.
    """
    found = _the_order(request, context)
    entry = Journal(context.ledger).entry(found.seq)
    if entry is None:
        raise DamagedError(
            f"the journal has no entry {found.seq}, where order {found.ref} should be.",
            advice="'betflow audit verify' says what else is missing.",
        )
    body = json.loads(entry.body)
    order = body["orders"][found.number]
    return Outcome(
        data={
            "run_id": found.run_id,
            "journal_entry": found.seq,
            "heading": _heading(order, body, found),
            "story": list(_story(order, body)),
            "paid": {case: _paid(order, case) for case in _CASES},
            "why": list(_why(order, body)),
            "order": order,
        }
    )


def _the_order(request: ExplainRequest, context: RunContext) -> FoundOrder:
    run_id = None if request.run is None else find_run(request.run, context).run_id
    found = BacktestTables(context.ledger).orders_named(request.ref, run_id=run_id)
    if run_id is None and found:
        found = [each for each in found if each.run_id == found[0].run_id]
    of_market = [each for each in found if request.market_id in {None, each.market_id}]
    if not of_market:
        where = f" in run {run_id}" if run_id else " in any backtest"
        raise NotFoundError(
            f"there is no order {request.ref!r}{f' in market {request.market_id}' if found else where}.",
            advice="`betflow backtest` prints the refs of its orders; --json has all of them.",
        )
    if len(of_market) > 1:
        named = ", ".join(f"{each.ref} (bet {each.bet_id})" for each in of_market[:_MOST_NAMED])
        markets = ", ".join(dict.fromkeys(each.market_id for each in of_market[:_MOST_NAMED]))
        raise UsageError(
            f"{len(of_market)} orders are called {request.ref!r}: {named}.",
            advice=f"Name the bet, or the market with --market: {markets}.",
        )
    return of_market[0]


def _heading(order: Mapping[str, Any], body: Mapping[str, Any], found: FoundOrder) -> dict[str, str | None]:
    market = body.get("market", {})
    names = [market.get("event_name"), market.get("name")]
    return {
        "order": order["ref"],
        "bet": order["bet_id"] or None,
        "strategy": order["strategy"] or None,
        "market": " ".join([order["market_id"], ", ".join(name for name in names if name)]).strip(),
        "scheduled off": market.get("market_time"),
        "runner": _runner(order),
        "status": order["status"],
        "error": order["error_code"],
        "assumptions": order["assumptions"],
        "run": found.run_id,
    }


def _runner(order: Mapping[str, Any]) -> str:
    line = f" {order['handicap']:+g}" if order.get("handicap") else ""
    name = f" {order['runner']}" if order.get("runner") else ""
    return f"{order['selection_id']}{name}{line}"


def _story(order: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    tapes = {tape["name"]: tape for tape in body.get("tapes", ())}
    decided = {"at": order["decided_at"], **order["evidence"]}
    yield _told(decided, "DECIDED", decision(order), order, tapes)
    for event in order["story"]:
        yield _told(event, event["rule"], sentence(event), order, tapes)


def _told(
    event: Mapping[str, Any], rule: str, text: str, order: Mapping[str, Any], tapes: Mapping[str, Any]
) -> dict[str, Any]:
    tape = tapes.get(str(event.get("tape")), {})
    published = event.get("publish_time")
    assumptions = order["assumptions"]
    place = (
        f"{event['tape']}, line {event['line']:,}, byte {event['offset']:,}, published {iso(published)}"
        if event.get("tape") is not None and published is not None
        else "no message of the market was there yet"
    )
    return {
        "at": event["at"],
        "at_iso": iso(event["at"]),
        "rule": rule,
        "text": text,
        "facts": event.get("facts", {}),
        "amounts": event.get("amounts"),
        "tape": tape.get("path", event.get("tape")),
        "line": event.get("line"),
        "offset": event.get("offset"),
        "publish_time": published,
        "assumptions": assumptions,
        "evidence": f"{rule} · {place} · {assumptions}",
    }


def _paid(order: Mapping[str, Any], case: str) -> dict[str, Any]:
    amounts = order if case == "expected" else order[case]
    names = ("size_matched", "average_price_matched", "size_remaining", "size_cancelled", "size_lapsed")
    return {name: amounts[name] for name in (*names, "size_voided", "profit")}


def _why(order: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[str]:
    if order["error_code"] and not order["size_matched"]:
        yield f"It was not matched: {order['error_code']}{_reason(order)}."
    elif not any(_paid(order, case)["size_matched"] for case in _CASES) and not order["rules"]:
        is_over = order["settled"] or order["status"] != OrderStatus.EXECUTABLE
        yield (
            "Nothing of it was matched, so it paid nothing."
            if is_over
            else "Nothing of it was matched by the end of the recording, where it was still open."
        )
    rules = [rule for rule in order["rules"] if rule in _WHY]
    for rule in rules:
        yield f"{_WHY[rule]}."
    yield from _arithmetic(order, rules)
    if any(order["settled"] and _paid(order, case)["profit"] for case in _CASES):
        yield _commission(body)
    if order["doubts"]:
        yield f"The recording may not show all that mattered: {', '.join(order['doubts'])}."
    if order["assumed"]:
        yield f"Assumptions that mattered: {', '.join(order['assumed'])}."


def _reason(order: Mapping[str, Any]) -> str:
    return f" ({order['reason']})" if order.get("reason") else ""


def _arithmetic(order: Mapping[str, Any], rules: list[str]) -> Iterator[str]:
    """Work the profit out once more, where a winner or a loser at a price decides alone."""
    decided = [rule for rule in rules if rule in {Rule.WINNER, Rule.LOSER}]
    if len(decided) != 1 or not set(rules) <= _PLAIN:
        return
    is_same = all(_paid(order, case)["profit"] == order["profit"] for case in _CASES)
    for case in ["expected"] if is_same else _CASES:
        paid = _paid(order, case)
        size, profit = paid["size_matched"], money(paid["profit"])
        if not size or paid["profit"] is None:
            continue
        name = "In each case" if is_same else f"In the {case} case"
        if decided[0] == Rule.WINNER:
            sign = "" if order["side"] == "BACK" else "-"
            average = price(paid["average_price_matched"])
            yield f"{name}: {sign}{money(size)} × ({average} - 1) = {profit}."
        else:
            yield f"{name}: the backer's stake, {profit}."


def _commission(body: Mapping[str, Any]) -> str:
    result = body["result"]
    paid, commission = money(result["profit"]), money(result["commission"])
    text = f"Before commission, which is on what the market paid in all: {paid} in the expected case"
    if not result["commission"]:
        return f"{text}, so there is none."
    return f"{text}, and {result['commission_rate']:g} % of that is {commission}."
