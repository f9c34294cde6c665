"""flumine, as its authors made it, plays a race live at the sandbox; its profit is ours, to the penny."""

from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from foreign_clients import commission_on, exact, open_sandbox, played

ONE_RACE = ("--races", "1", "--greyhounds", "0", "--football", "0", "--tennis", "0")
PENNY = Decimal("0.01")


def test_a_strategy_plays_a_race_and_is_paid_what_we_say(tmp_path: Path) -> None:
    """What flumine was matched, what its runners did, and what it was paid are what our account says."""
    with open_sandbox(tmp_path, *ONE_RACE) as sandbox:
        seen = played("flumine_race.py", sandbox)
        ours = sandbox.betflow("funds")

    orders = seen["orders"]
    assert {"EXECUTION_COMPLETE"} == {each["status"] for each in orders}
    assert ["BACK", "BACK", "LAY", "LAY", "LAY"] == sorted(each["side"] for each in orders)
    assert 4 == sum(each["matched"] > 0 for each in orders)

    by_results = {each["bet_id"]: profit_of(each, seen["results"]) for each in orders if each["matched"]}
    assert by_results == {each["bet_id"]: exact(each["profit"]) for each in orders if each["matched"]}
    profit = sum(by_results.values(), Decimal(0))
    assert Decimal("10000.00") + profit - commission_on(profit) == exact(ours["available_to_bet_balance"])


def profit_of(order: dict[str, Any], results: dict[str, str]) -> Decimal:
    """Work out what an order made, from what flumine knows of it and of the race."""
    won = results[str(order["selection_id"])] == "WINNER"
    size, price = exact(order["matched"]), exact(order["price"])
    backed = size * (price - 1) if won else -size
    return (backed if order["side"] == "BACK" else -backed).quantize(PENNY, ROUND_HALF_EVEN)
