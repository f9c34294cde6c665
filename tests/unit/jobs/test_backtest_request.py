"""What a backtest is asked for is checked before anything is played."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from betflow.errors import BetflowError, NotFoundError, UsageError
from betflow.exchange.assumptions import BETFLOW_1, DeadHeatStake
from betflow.jobs.backtest_request import (
    BacktestRequest,
    checked,
    parse_account,
    parse_assumptions,
    parse_discount,
    parse_latency,
    parse_limits,
)
from betflow.trading.requests import Latency
from betflow.trading.risk import MaximumExposure, MaximumOrders, MaximumStake
from races import orders_file

NAME = "harvest-odds-band"


def test_latency_that_is_left_out_keeps_its_default() -> None:
    """Only what is named differs."""
    assert Latency(place=5, cancel=7) == parse_latency("place=5, cancel=7")
    assert Latency() == parse_latency(None)


def test_limits_of_an_order_are_looked_at_first() -> None:
    """However they are given, what is wrong with the order itself is said before what it comes to."""
    limits = parse_limits(["market_exposure=50", "orders=3", "stake=2.50"])

    assert [
        MaximumStake(Decimal("2.50")),
        MaximumOrders(3),
        MaximumExposure(Decimal(50)),
    ] == list(limits.values())


def test_changed_assumptions_are_named_after_the_change() -> None:
    """A set that differs from the default has a name of its own, which says how."""
    made = parse_assumptions(["dead_heat_stake=pennies"])

    assert ("betflow-1 with dead_heat_stake=PENNIES", DeadHeatStake.PENNIES) == (
        made.name,
        made.dead_heat_stake,
    )


def test_set_may_be_named() -> None:
    """A name that is given is kept."""
    assert "careful" == parse_assumptions(["name=careful", "dead_heat_stake=PENNIES"]).name


def test_choices_of_the_default_change_nothing() -> None:
    """Naming what is the default anyway gives the default set."""
    choices = [f"{each.name}={getattr(BETFLOW_1, each.name)}" for each in fields(BETFLOW_1)]

    assert BETFLOW_1 == parse_assumptions(choices)


def test_discount_may_have_a_sign() -> None:
    """Per cent are meant, with the sign or without."""
    assert [Decimal("2.5"), Decimal(10)] == [parse_discount("2.5"), parse_discount("10 %")]


def test_currency_is_taken_in_any_case() -> None:
    """A currency in small letters is the same."""
    assert "EUR" == parse_account("eur").currency


def test_orders_choose_their_markets(tmp_path: Path) -> None:
    """Orders without any source are played on the markets that they name, in the order of the file."""
    orders = orders_file(tmp_path / "o.json", {"ref": "a", "market_id": "1.7"}, {"ref": "b"}, {"ref": "c"})

    assert ("1.7", "1.5") == checked(BacktestRequest(orders=orders), tmp_path).sources


def test_strategy_beside_orders_takes_the_whole_archive(tmp_path: Path) -> None:
    """With a strategy nothing named is the whole archive, whatever orders say."""
    orders = orders_file(tmp_path / "o.json", {"ref": "a"})

    assert () == checked(BacktestRequest(orders=orders, strategy=NAME), tmp_path).sources


@pytest.mark.parametrize(
    ("error", "expected", "request_"),
    [
        (UsageError, "neither a strategy nor orders.*harvest-odds-band", {}),
        (UsageError, "--param is for a strategy", {"orders": Path("o.csv"), "parameters": ("a=1",)}),
        (UsageError, "has no parameter 'stakes'", {"strategy": NAME, "parameters": ("stakes=1",)}),
        (UsageError, "'much'; expected a number", {"strategy": NAME, "parameters": ("stake=much",)}),
        (NotFoundError, "no strategy 'nothing'", {"strategy": "nothing"}),
        (UsageError, "does not know 'plce'", {"strategy": NAME, "latency": "plce=1"}),
        (UsageError, "expected a whole number", {"strategy": NAME, "latency": "place=fast"}),
        (UsageError, "-1 ms", {"strategy": NAME, "latency": "place=-1"}),
        (UsageError, "expected 0 to 100", {"strategy": NAME, "discount": "101"}),
        (UsageError, "expected a number", {"strategy": NAME, "discount": "all"}),
        (UsageError, "--currency is 'xxx'", {"strategy": NAME, "currency": "xxx"}),
        (UsageError, "--risk does not know 'size'.*stake", {"strategy": NAME, "limits": ("size=1",)}),
        (UsageError, "stake is 'much'; expected a number", {"strategy": NAME, "limits": ("stake=much",)}),
        (UsageError, "orders is '1.5'; expected a whole", {"strategy": NAME, "limits": ("orders=1.5",)}),
        (UsageError, "stake is 0; expected more", {"strategy": NAME, "limits": ("stake=0",)}),
        (UsageError, "stake is given twice", {"strategy": NAME, "limits": ("stake=1", "stake=2")}),
        (UsageError, "--assume does not know 'luck'", {"strategy": NAME, "assume": ("luck=1",)}),
        (UsageError, "expected one of EXACT, PENNIES", {"strategy": NAME, "assume": ("dead_heat_stake=x",)}),
        (UsageError, "no .png file", {"strategy": NAME, "plot": Path("a.jpg")}),
        (UsageError, "no .html file", {"strategy": NAME, "html": Path("a.txt")}),
        (NotFoundError, "no file missing.csv", {"orders": Path("missing.csv")}),
    ],
)
def test_request_that_cannot_be_is_refused(
    tmp_path: Path, error: type[BetflowError], expected: str, request_: dict[str, Any]
) -> None:
    """Each mistake is an error that says what was expected."""
    with pytest.raises(error, match=expected):
        checked(BacktestRequest(**request_), tmp_path)


def test_broken_row_is_named(tmp_path: Path) -> None:
    """A row with a price that is none names row, column and what was expected, and the file."""
    orders = orders_file(tmp_path / "o.json", {"ref": "a"}, {"ref": "b", "price": "high"})

    with pytest.raises(UsageError, match=r"o\.json: row 2, column price: found 'high'; expected a number"):
        checked(BacktestRequest(orders=orders), tmp_path)


def test_orders_have_to_be_text(tmp_path: Path) -> None:
    """A file that is no UTF-8 is an error that says where."""
    orders = tmp_path / "o.csv"
    orders.write_bytes(b"ref,\xff")

    with pytest.raises(UsageError, match="not UTF-8: invalid start byte at byte 4"):
        checked(BacktestRequest(orders=orders), tmp_path)


def test_report_may_not_replace_what_is_read(tmp_path: Path) -> None:
    """The report has to be another file than a tape, and stay out of betflow's own folders."""
    tape = tmp_path / "race.html"
    tape.write_bytes(b"")
    inside = tmp_path / "backtests"
    inside.mkdir()

    for html in (tape, inside / "r.html"):
        with pytest.raises(UsageError, match=r"is the tape itself|keeps its records"):
            checked(BacktestRequest((str(tape),), strategy=NAME, html=html), tmp_path)
