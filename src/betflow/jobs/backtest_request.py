"""What a backtest is asked for, checked before any tape is opened."""

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from betflow.errors import NotFoundError, StorageError, UsageError
from betflow.exchange.assumptions import BETFLOW_1, Assumptions
from betflow.exchange.currencies import MINIMUMS
from betflow.exchange.matching.venue import Account
from betflow.jobs.backtest_play import Terms
from betflow.jobs.exports import check_target, require_extra
from betflow.jobs.market_facts import MarketFacts, parse_facts
from betflow.jobs.strategies import StrategyChoice, known_strategies
from betflow.jobs.typed_values import parse_pairs, parse_value
from betflow.storage.streams import is_stream, readable
from betflow.trading.orders_file import ScriptedOrder, read_orders
from betflow.trading.requests import Latency
from betflow.trading.risk import LIMITS, Limit

_NAMES_OF_THE_SET: Final = frozenset({"name", "version"})
_HIGHEST_PER_CENT: Final = 100


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """
    What to play. Texts are as on the command line.

    Attributes:
        sources: Paths, ids of archived markets, and terms of a query on the archive.
        strategy: The name of an installed strategy, or ``module:Class``.
        parameters: The strategy's, ``name=value`` each.
        orders: A CSV or JSON file of orders to place as they are.
        results: A YAML or JSON file of what recordings cannot tell of results.
        discount: The account's discount on commission in per cent.
        currency: The account's.
        limits: Of what may be bet, ``name=value`` each.
        latency: ``place=120,cancel=170`` and so on, in milliseconds; what is left out keeps its default.
        assume: Choices that differ from the default assumptions, ``name=value`` each.
        workers: How many processes; None is one for each processor.
        plot: Where to draw the equity curve, a PNG file.
        html: Where to write a report.
    """

    sources: tuple[str, ...] = ()
    strategy: str | None = None
    parameters: tuple[str, ...] = ()
    orders: Path | None = None
    results: Path | None = None
    discount: str = "0"
    currency: str = "GBP"
    limits: tuple[str, ...] = ()
    latency: str | None = None
    assume: tuple[str, ...] = ()
    workers: int | None = None
    plot: Path | None = None
    html: Path | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """
    A request that was checked.

    Attributes:
        terms: What all groups are played with.
        orders: Those to place as they are.
        sources: What to play them on.
    """

    terms: Terms
    orders: tuple[ScriptedOrder, ...]
    sources: tuple[str, ...]


def checked(request: BacktestRequest, data_dir: Path) -> Checked:
    """
    Check a request.

    Raises:
        UsageError: it asks for something that cannot be.
        NotFoundError: there is no such strategy or file.
        ConfigurationError: an optional package is not installed.
    """
    if request.strategy is None and request.orders is None:
        raise UsageError(
            "there is nothing to play: neither a strategy nor orders.",
            advice=f"Give --strategy ({', '.join(known_strategies())} or module:Class) or --orders FILE.",
        )
    if request.strategy is None and request.parameters:
        raise UsageError("--param is for a strategy, and none is given.", advice="Name it with --strategy.")
    _check_targets(request, data_dir)
    strategy = None
    if request.strategy is not None:
        strategy = StrategyChoice(request.strategy, request.parameters)
        strategy.made()  # here, so that what is wrong with it is said once
    terms = Terms(
        strategy=strategy,
        limits=parse_limits(request.limits),
        latency=parse_latency(request.latency),
        account=parse_account(request.currency),
        assumptions=parse_assumptions(request.assume),
        discount_rate=parse_discount(request.discount),
        facts={} if request.results is None else facts_in(request.results),
    )
    orders = () if request.orders is None else orders_in(request.orders)
    return Checked(terms, orders, request.sources or _sources_of(orders, strategy))


def _sources_of(orders: Sequence[ScriptedOrder], strategy: StrategyChoice | None) -> tuple[str, ...]:
    """Without any source, orders alone are played on the markets that they name, else on the archive."""
    return () if strategy is not None else tuple(dict.fromkeys(order.market_id for order in orders))


def _check_targets(request: BacktestRequest, data_dir: Path) -> None:
    for target, suffix, name in ((request.plot, ".png", "--plot"), (request.html, ".html", "--html")):
        if target is None:
            continue
        if target.suffix.lower() != suffix and not is_stream(target):
            raise UsageError(
                f"{name} {target} is no {suffix} file.", advice=f"Name one that ends with {suffix}."
            )
        for source in request.sources:
            check_target(target, Path(source), data_dir)
        check_target(target, request.orders or target / "none", data_dir)
    if request.plot is not None:
        require_extra("matplotlib", "plot")


def parse_latency(text: str | None) -> Latency:
    """
    Return latencies as they are typed: ``place=120,cancel=170``.

    Raises:
        UsageError: a name is unknown, or a value no whole number of milliseconds from 0 on.
    """
    names = [each.name for each in fields(Latency)]
    given: dict[str, int] = {}
    parts = [part for part in (text or "").split(",") if part.strip()]
    for name, value in parse_pairs(parts, "--latency").items():
        if name not in names:
            raise UsageError(f"--latency does not know {name!r}.", advice=f"It knows {', '.join(names)}.")
        given[name] = parse_value(value, int, f"--latency {name}")
    return Latency(**given)


def parse_limits(texts: Sequence[str]) -> dict[str, Limit]:
    """
    Return limits of what may be bet, by name: ``stake=10``.

    Raises:
        UsageError: a name is unknown, or a value is no positive number.
    """
    pairs = parse_pairs(texts, "--risk")
    for name in pairs:
        if name not in LIMITS:
            raise UsageError(f"--risk does not know {name!r}.", advice=f"It knows {', '.join(LIMITS)}.")
    limits: dict[str, Limit] = {}
    for name, kind in LIMITS.items():  # those of one order come first: they say best what is wrong with it
        if name in pairs:
            value = parse_value(pairs[name], typing.get_type_hints(kind)["limit"], f"--risk {name}")
            if value <= 0:
                raise UsageError(f"--risk {name} is {value}; expected more than 0.", advice="Correct it.")
            limits[name] = kind(value)
    return limits


def parse_account(currency: str) -> Account:
    """
    Return an account.

    Raises:
        UsageError: Betfair has no such currency.
    """
    code = currency.strip().upper()
    if code not in MINIMUMS:
        raise UsageError(
            f"--currency is {currency!r}, in which Betfair has no accounts.",
            advice=f"Take one of {', '.join(MINIMUMS)}.",
        )
    return Account(currency=code)


def parse_discount(text: str) -> Decimal:
    """
    Return a discount in per cent.

    Raises:
        UsageError: it is no number from 0 to 100.
    """
    discount: Decimal = parse_value(text.removesuffix("%").strip(), Decimal, "--discount")
    if not 0 <= discount <= _HIGHEST_PER_CENT:
        raise UsageError(f"--discount is {discount} %; expected 0 to 100.", advice="Give it in per cent.")
    return discount


def parse_assumptions(texts: Sequence[str]) -> Assumptions:
    """
    Return the default assumptions with other choices; the set is named after them unless a name is given.

    Raises:
        UsageError: a name or a choice is unknown.
    """
    kinds = typing.get_type_hints(Assumptions)
    pairs = parse_pairs(texts, "--assume")
    for name in pairs:
        if name not in kinds:
            choices = sorted(kinds.keys() - _NAMES_OF_THE_SET)
            raise UsageError(f"--assume does not know {name!r}.", advice=f"It knows {', '.join(choices)}.")
    values = {name: parse_value(text, kinds[name], f"--assume {name}") for name, text in pairs.items()}
    changed = {
        name: value
        for name, value in values.items()
        if name not in _NAMES_OF_THE_SET and value != getattr(BETFLOW_1, name)
    }
    if changed and "name" not in values:
        choices = [f"{name}={value}" for name, value in sorted(changed.items())]
        values["name"] = " ".join([BETFLOW_1.name, "with", *choices])
    return replace(BETFLOW_1, **values)


def orders_in(path: Path) -> tuple[ScriptedOrder, ...]:
    """
    Read a file of orders.

    Raises:
        NotFoundError: there is no such file.
        StorageError: it cannot be read.
        UsageError: a row is wrong; the error names the row, the column and what was expected.
    """
    return tuple(read_orders(_text_of(path, "a CSV or JSON file of orders"), str(path)))


def facts_in(path: Path) -> dict[str, MarketFacts]:
    """
    Read a file of results.

    Raises:
        NotFoundError: there is no such file.
        StorageError: it cannot be read.
        UsageError: something in it is wrong; the error names the market and what was expected.
    """
    return parse_facts(_text_of(path, "a YAML or JSON file of results"), str(path))


def _text_of(path: Path, what: str) -> str:
    try:
        return readable(path).read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise NotFoundError(f"there is no file {path}.", advice=f"Name {what}.") from None
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read: {error.strerror}.", advice="Check its permissions."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8: {error.reason} at byte {error.start}.", advice="Save it as UTF-8."
        ) from error


def request_body(checked_request: Checked, request: BacktestRequest) -> dict[str, Any]:
    """Return what was played, as the results say it: all that decides but for the tapes."""
    terms = checked_request.terms
    return {
        "strategy": None if terms.strategy is None else terms.strategy.name,
        "parameters": {} if terms.strategy is None else parse_pairs(terms.strategy.parameters, "--param"),
        "orders": None if request.orders is None else len(checked_request.orders),
        "results": {market_id: facts.body() for market_id, facts in sorted(terms.facts.items())},
        "discount_rate": float(terms.discount_rate),
        "currency": terms.account.currency,
        "limits": {name: float(each.limit) for name, each in terms.limits.items()},
        "latency": {each.name: getattr(terms.latency, each.name) for each in fields(terms.latency)},
        "assumptions": assumptions_body(terms.assumptions),
    }


def assumptions_body(assumptions: Assumptions) -> Mapping[str, Any]:
    """Return the name and version of a set, and what differs from the default."""
    changed = {
        each.name: str(getattr(assumptions, each.name))
        for each in fields(assumptions)
        if each.name not in _NAMES_OF_THE_SET
        and getattr(assumptions, each.name) != getattr(BETFLOW_1, each.name)
    }
    return {"name": assumptions.name, "version": assumptions.version, "changed": changed}
