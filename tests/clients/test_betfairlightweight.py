"""betfairlightweight, as its authors made it, spends a day at the sandbox and notices nothing."""

from decimal import Decimal
from pathlib import Path

from foreign_clients import commission_on, exact, open_sandbox, played

ONE_RACE = ("--races", "1", "--greyhounds", "0", "--football", "0", "--tennis", "0")


def test_it_logs_in_looks_around_bets_and_is_paid(tmp_path: Path) -> None:
    """Calls are answered as its objects want them, both streams agree with the calls, and money adds up."""
    with open_sandbox(tmp_path, *ONE_RACE) as sandbox:
        seen = played("lightweight_tour.py", sandbox)
        ours = sandbox.betflow("funds")

    assert {
        "login": "SUCCESS",
        "keep_alive": "SUCCESS",
        "event_types": ["Horse Racing"],
        "market_types": ["WIN"],
        "currency": "GBP",
        "navigation": "GROUP",
        "updated": "SUCCESS",
        "cancelled": 4.0,
        "replaced": "SUCCESS",
        "replacement": [[990.0, 6.0, "PERSIST"]],
        "all_cancelled": "SUCCESS",
        "cancelled_sizes": [6.0, 10.0],
        "matched": [5.0, 3.0],
        "before": 10000.0,
        "exposure": 0.0,
        "logout": "SUCCESS",
    }.items() <= seen.items()
    assert seen["runners"] == seen["streamed_runners"] > 1
    assert ("waits", seen["asked_price"]) == (seen["streamed_ref"], seen["streamed_price"])

    profit = sum(map(exact, seen["bets"].values()), Decimal(0))
    paid = commission_on(profit)
    assert {"MARKET": profit, "SIDE": profit, "EVENT": profit, "EVENT_TYPE": profit} == {
        group: sum(map(exact, each), Decimal(0)) for group, each in seen["rolled_up"].items()
    }
    assert paid == exact(seen["commission"])
    after = Decimal("10000.00") + profit - paid
    assert [after] * 3 == [
        exact(each) for each in (seen["after"], seen["balance"], ours["available_to_bet_balance"])
    ]
    assert after == sum(map(exact, seen["statement"]), Decimal(0))
