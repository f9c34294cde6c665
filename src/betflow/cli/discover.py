"""``betflow discover``: which markets and runners are worth betting on, with all the reasons."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import CURRENCY_OF_MARKETS, Cut, Figure, count, money, off, price, second, soon
from betflow.cli.filters import Country, EventType, MarketType
from betflow.cli.screen import Screen, shown


def discover(
    ctx: typer.Context,
    *,
    event_type: EventType = None,
    country: Country = None,
    market_type: MarketType = None,
    within: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="How far ahead the scheduled off may be: 30m, 12h, 2d."),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(metavar="MARKET", help="Show all the reasons of this market, and its runners."),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show all the reasons of all markets.")] = False,
    replay: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Judge again what this run saw; 'last' is the latest that looked."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="WHOSE", help="Whose limits a replay judges by: run or profile; the run's, if not said."
        ),
    ] = None,
) -> None:
    """
    Find markets at Betfair and judge each by the rules of the profile; then judge its runners.

    What is not asked for is as the profile has it, below discovery; 'all' takes a restriction away. What
    Betfair answered is kept, byte for byte, so that --replay gives the same verdicts at any time.
    """
    from betflow.jobs.discover import DiscoverRequest
    from betflow.jobs.discover import discover as job

    request = DiscoverRequest(
        event_types=event_type,
        countries=country,
        market_types=market_type,
        within=within,
        replay=replay,
        limits=by,
    )
    run_command(
        ctx,
        lambda context: job(request, context),
        lambda data, screen: _render(data, screen, explain=explain, verbose=verbose),
    )


_MATCHED = f"matched {CURRENCY_OF_MARKETS}"
_SPARE = [("runners",), ("market type",), (_MATCHED,), ("selected",), ("why not",)]
_SPARE_OF_RUNNERS = [("to back", "to lay"), ("selection id",)]
_SHORT = {"back_price": "back", "lay_price": "lay", "back_size": "to back", "lay_size": "to lay"}
"""What rules of runners are called over their columns."""


def _render(data: dict[str, Any], screen: Screen, *, explain: str | None, verbose: bool) -> None:
    markets = data["markets"]
    if not markets:
        screen.line("No market. Looked for:")
    elif explain is None and not verbose:
        _render_markets(markets, screen)
        screen.line()
    else:
        _render_reasons([each for each in markets if explain in {None, each["market_id"]}], explain, screen)
    screen.fields(_summary(data, screen))
    if data["delayed"]:
        screen.note("The app key is a delayed one: prices are late, and the volumes of runners are missing.")
    if data["replay"] is not None:
        _render_replay(data["replay"], screen)


def _render_markets(markets: list[dict[str, Any]], screen: Screen) -> None:
    """Show a market a line; where there is no room for reasons with their figures, with the rules' names."""
    rows = [[show(each) for show in _COLUMNS.values()] for each in markets]
    needed = [name for name in _COLUMNS if (name,) not in _SPARE or name == "why not"]
    if not screen.fits(needed, [[_COLUMNS[name](each) for name in needed] for each in markets]):
        rows = [[*row[:-1], _rules(each["reasons"])] for row, each in zip(rows, markets, strict=True)]
    screen.table(list(_COLUMNS), rows, spare=_SPARE)


def _summary(data: dict[str, Any], screen: Screen) -> dict[str, object]:
    asked = data["looked_for"]
    return {
        "event types": _any_of(list(map(_event_type, asked["event_types"]))),
        "countries": _any_of(asked["countries"]),
        "market types": _any_of(asked["market_types"]),
        "scheduled off": " to ".join(screen.time(asked[end], Cut.MINUTE) or "-" for end in ("from", "to")),
        "seen at": second(data["moment_iso"]),
        "eligible": f"{data['eligible']:,} of {data['judged']:,} markets" if data["judged"] else None,
        "selected": _runners(data["selected"]) if data["judged"] else None,
        "sha256": data["verdicts_sha256"],
    }


def _runners(number: int) -> str:
    return "1 runner" if number == 1 else f"{number:,} runners"


def _render_replay(replay: dict[str, Any], screen: Screen) -> None:
    others = replay["limits_that_differ"]
    if replay["limits"] == "profile" and others:
        told = f"by the limits of the profile; by its own it gave {replay['recorded_sha256']}"
    elif replay["is_same"]:
        told = "the same verdicts, to the byte"
    else:
        told = f"OTHER VERDICTS: it gave {replay['recorded_sha256']}"
    screen.fields({"replay of": replay["run"], "": told})
    if not others:
        return
    screen.line()
    whose = "the run's are used" if replay["limits"] == "run" else "the profile's are used"
    screen.sentence(f"The limits of the profile are not those of the run; {whose}:")
    screen.table(
        ["limit", "run", "profile"],
        [[each["rule"], _limit(each["run"]), _limit(each["profile"])] for each in others],
    )


def _render_reasons(markets: list[dict[str, Any]], explain: str | None, screen: Screen) -> None:
    if not markets:
        screen.line(f"{explain} is not among the markets that were judged.")
        screen.line()
    for market in markets:
        screen.fields(
            {
                "market": market["market_id"],
                "name": _name(market),
                "scheduled off": off(market["market_time"]),
                "verdict": _verdict(market),
            }
        )
        screen.line()
        screen.table(["rule", "measured", "limit", "passed"], [_reason(each) for each in market["reasons"]])
        screen.line()
        if market["runners"]:
            _render_runners(market["runners"], screen)
            screen.line()


def _render_runners(runners: list[dict[str, Any]], screen: Screen) -> None:
    reasons = runners[0]["reasons"]
    rules = {each["rule"]: _SHORT.get(each["rule"], each["rule"]) for each in reasons}
    limits = [
        f"{rules[each['rule']]} {_limit(each['limit'], each['unit'])}" for each in reasons if each["limit"]
    ]
    if limits:
        screen.sentence(f"Runners are selected by: {', '.join(limits)}.")
    columns = ["selection id", "runner", "selected", *rules.values(), "why not"]
    screen.table(columns, [_runner(each, rules) for each in runners], spare=_SPARE_OF_RUNNERS)


def _runner(runner: dict[str, Any], rules: dict[str, str]) -> list[object]:
    measured = [_figure(each["measured"], each["unit"]) for each in runner["reasons"]]
    key = str(runner["selection_id"]) + (f"/{runner['handicap']:+g}" if runner["handicap"] else "")
    failed = [rules[each["rule"]] for each in runner["reasons"] if each["passed"] is False]
    return [key, runner["name"], runner["selected"], *measured, ", ".join(failed)]


def _reason(reason: dict[str, Any]) -> list[object]:
    measured = reason["because"] if reason["measured"] is None else _with_unit(reason)
    return [reason["rule"], measured, _limit(reason["limit"], reason["unit"]), reason["passed"]]


def _why(reasons: list[dict[str, Any]]) -> str:
    """Say what is against something: the first reason with its limit, and how many more there are."""
    failed = [each for each in reasons if each["passed"] is False]
    if not failed:
        return ""
    first, *others = failed
    name = _called(first["rule"])
    told = (
        f"no {name}" if first["measured"] is None else f"{name} {_number(first['measured'], first['unit'])}"
    )
    more = f" +{len(others)} more" if others else ""
    return f"{told} ({_limit(first['limit'], first['unit'])}){more}"


def _rules(reasons: list[dict[str, Any]]) -> str:
    """Say which rule is against something, and how many more there are."""
    failed = [_called(each["rule"]) for each in reasons if each["passed"] is False]
    return failed[0] + (f" +{len(failed) - 1}" if failed[1:] else "") if failed else ""


def _called(rule: str) -> str:
    return rule.replace("_", " ")


def _with_unit(reason: dict[str, Any]) -> str:
    unit = {"money": CURRENCY_OF_MARKETS, "odds": ""}.get(reason["unit"], reason["unit"])
    counted = unit.removesuffix("s") if reason["measured"] == 1 and unit != "s" else unit
    return f"{_number(reason['measured'], reason['unit'])} {counted}".rstrip()


def _limit(limit: object, unit: str = "") -> str | None:
    match limit:
        case {"min": low, "max": high}:
            ends = (("min", low), ("max", high))
            return " ".join(f"{name} {_number(end, unit)}" for name, end in ends if end is not None)
        case [*values]:
            return " or ".join(_number(value, unit) for value in values)
    return None


def _number(value: object, unit: str) -> str:
    return shown(_figure(value, unit))


def _figure(value: object, unit: str) -> object:
    """Return what was measured as people read it: money and prices as everywhere, others as measured."""
    match value:
        case bool():
            return value
        case int() | float() if unit in {"money", "%"}:
            return money(value)
        case int() | float() if unit == "odds":
            return price(value)
        case int() | float():
            return Figure(f"{value:,.10g}")
    return value


def _event_type(number: str) -> str:
    from betflow.tape.selection import EVENT_TYPES

    names = (name for name, each in EVENT_TYPES.items() if each == number)
    return next(names, number)


def _any_of(values: list[str]) -> str:
    return ", ".join(values) or "any"


def _verdict(market: dict[str, Any]) -> str:
    return "eligible" if market["eligible"] else "no"


def _name(market: dict[str, Any]) -> str | None:
    return ", ".join(part for part in (market["event_name"], market["name"]) if part) or None


def _measured(market: dict[str, Any], rule: str) -> Any:  # noqa: ANN401 - JSON has no narrower type
    return next(each["measured"] for each in market["reasons"] if each["rule"] == rule)


_COLUMNS: dict[str, Callable[[dict[str, Any]], object]] = {
    "market": lambda market: market["market_id"],
    "off": lambda market: soon(market["market_time"]),
    "event": lambda market: market["venue"] or market["event_name"],
    "name": lambda market: market["name"],
    "market type": lambda market: market["market_type"],
    "runners": lambda market: count(_measured(market, "field_size")),
    _MATCHED: lambda market: money(_measured(market, "total_matched")),
    "verdict": _verdict,
    "selected": lambda market: count(sum(runner["selected"] for runner in market["runners"])),
    "why not": lambda market: _why(market["reasons"]),
}
