"""
A backtest as one HTML page: no script, no link to anywhere, so that it can be kept and sent.

The equity curve is drawn as SVG. Every text comes from tapes, strategies or the command line, so all of it is
escaped.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from betflow.jobs.equity import EquityPoint
from betflow.jobs.equity_svg import equity_svg

MOST_ROWS = 2_000
"""Rows of a table; the results file has all of them."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2128; --faint: #68717d; --line: #d9dee4; --page: #fff;
  --curve: #1f6feb; --band: #1f6feb2e; --loss: #c2334d; --win: #1a7f47; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e8ee; --faint: #97a1ad; --line: #363d46;
  --page: #14181d; --curve: #6aa6ff; --band: #6aa6ff30; --loss: #ff7b8f; --win: #5bd08c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
p { margin: .35rem 0; } .faint { color: var(--faint); } code { font: 13px/1.5 ui-monospace, monospace;
  overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem;
  margin: 1.25rem 0; }
.figures div { border-top: 2px solid var(--line); padding-top: .4rem; } .figures b { display: block;
  font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; vertical-align: top; }
th { color: var(--faint); font-weight: 500; } .n { text-align: right; font-variant-numeric: tabular-nums; }
.loss { color: var(--loss); } .win { color: var(--win); } .wrap { white-space: normal; }
svg { width: 100%; height: auto; } svg text { fill: var(--faint); font-size: 12px; }
"""

_FIGURES = {
    "net": "net profit",
    "profit": "profit",
    "commission": "commission",
    "roi": "ROI",
    "win_rate": "bets won",
    "drawdown": "deepest drawdown",
    "sharpe": "Sharpe, per market",
    "turnover": "turnover",
    "longest_losing_run": "longest losing run",
}
_SHARES = {"roi", "win_rate"}
_SIGNED = {"net", "profit"}


def page(
    data: Mapping[str, Any], points: Sequence[EquityPoint], findings: Sequence[Mapping[str, Any]]
) -> str:
    """
    Return the page.

    Args:
        data: A backtest's answer, as ``--json`` prints it.
        points: The equity curve.
        findings: What went wrong.
    """
    title = f"Backtest of {data['played']}"
    parts = [
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="faint">{escape(_what(data))}</p>',
        _figures(data["totals"]),
        "<h2>Equity, net of commission</h2>",
        equity_svg(points),
        _section("The three cases", _CASES, _case_rows(data["totals"])),
        _section("Strategies", _STRATEGY_COLUMNS, _strategy_rows(data["totals"]["strategies"])),
        _section("Markets", _MARKET_COLUMNS, _market_rows(data["markets"])),
        _section("Orders", _ORDER_COLUMNS, _order_rows(data["orders"]), total=data["number_of_orders"]),
        _section("Findings", ("code", "about", "what"), _finding_rows(findings)) if findings else "",
        _section("What was asked for", ("name", "value"), _request_rows(data["request"])),
        f"<h2>Proof</h2><p>Result hash <code>{escape(data['result_hash'])}</code></p>",
        _proof(data["results_file"]),
        "</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _proof(results_file: str) -> str:
    return (
        '<p class="faint">The same input gives the same hash, on any number of workers. '
        f"<code>sha256sum {escape(results_file)}</code> gives it too; "
        "<code>betflow backtest explain REF</code> tells an order's story.</p>"
    )


def _what(data: Mapping[str, Any]) -> str:
    return (
        f"{_counted(len(data['markets']), 'market')} from {_counted(len(data['tapes']), 'tape')}, "
        f"{_counted(data['messages'], 'message')}, "
        f"{data['number_of_orders']:,} orders; assumptions {data['request']['assumptions']['name']}, "
        f"amounts in {data['request']['currency']}, expected case unless it says otherwise"
    )


def _figures(totals: Mapping[str, Any]) -> str:
    cells = [
        f'<div><span class="faint">{label}</span>'
        f"<b{_tone(name, totals[name])}>{_figure(name, totals[name])}</b></div>"
        for name, label in _FIGURES.items()
    ]
    return f'<div class="figures">{"".join(cells)}</div>'


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name in _SHARES:
        return f"{value:.2f} %"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _tone(name: str, value: float | None) -> str:
    if name not in _SIGNED or not value:
        return ""
    return ' class="win"' if value > 0 else ' class="loss"'


_CASES = ("case", *_FIGURES.values())
_STRATEGY_COLUMNS = (
    "strategy",
    "orders",
    *(_FIGURES[name] for name in ("profit", "commission", "net", "turnover")),
)
_MARKET_COLUMNS = (
    *("market", "scheduled off", "event", "name", "type", "orders"),
    *("profit", "commission", "net", "net, worst", "net, best"),
)
_ORDER_COLUMNS = (
    *("ref", "market", "runner", "side", "type", "price", "size", "matched", "average", "status", "error"),
    *("profit", "worst", "best"),
)


def _case_rows(totals: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for case, figures in (("worst", totals["worst"]), ("expected", totals), ("best", totals["best"])):
        yield (case, *(_figure(name, figures[name]) for name in _FIGURES))


def _strategy_rows(strategies: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[str]]:
    for each in strategies:
        names = ("profit", "commission", "net", "turnover")
        yield (each["strategy"], f"{each['orders']:,}", *(_figure(name, each[name]) for name in names))


def _market_rows(markets: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[str]]:
    for each in markets:
        result = each["result"]
        off = (each["market_time"] or "")[:16].replace("T", " ")
        names = (each["event_name"] or "", each["name"] or "", each["market_type"] or "")
        amounts = (
            *(result[name] for name in ("profit", "commission", "net")),
            *(result[case]["net"] for case in ("worst", "best")),
        )
        shown = (
            [_figure("net", amount) for amount in amounts] if each["settled"] else ["unsettled", *[""] * 4]
        )
        yield (each["market_id"], off, *names, f"{each['orders']:,}", *shown)


def _order_rows(orders: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[str]]:
    for each in orders:
        price = "" if each["price"] is None else f"{each['price']:g}"
        average = each["average_price_matched"]
        yield (
            *(each["ref"], each["market_id"], str(each.get("runner") or each["selection_id"] or "")),
            *(each["side"] or "", each["order_type"] or "", price),
            *(_figure("size", each[name]) for name in ("size", "size_matched")),
            *(f"{average:.4g}" if average else "", each["status"], each["error_code"] or ""),
            *(_figure("profit", amounts["profit"]) for amounts in (each, each["worst"], each["best"])),
        )


def _finding_rows(findings: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[str]]:
    for each in findings:
        yield each["code"], each["subject"], each["message"]


def _request_rows(request: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for name, value in request.items():
        if isinstance(value, Mapping):
            yield name, ", ".join(f"{key} {member}" for key, member in value.items()) or "–"
        else:
            yield name, "–" if value in (None, "", []) else str(value)


def _section(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, total: int | None = None
) -> str:
    shown = list(rows)
    count = len(shown) if total is None else total
    shown = shown[:MOST_ROWS]
    if not shown:
        return f'<h2>{escape(title)}</h2><p class="faint">None.</p>'
    numeric = [all(_is_number(row[place]) for row in shown) for place in range(len(columns))]
    head = "".join(
        f"<th{_cell(is_n)}>{escape(name)}</th>" for name, is_n in zip(columns, numeric, strict=True)
    )
    body = "\n".join(
        "<tr>"
        + "".join(
            f"<td{_cell(is_n, text)}>{escape(text)}</td>" for text, is_n in zip(row, numeric, strict=True)
        )
        for row in shown
    )
    more = (
        f'<p class="faint">{len(shown):,} of {count:,}; the results file has all.</p>'
        if len(shown) < count
        else ""
    )
    return (
        f'<h2>{escape(title)}</h2><div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>{more}"
    )


def _is_number(text: str) -> bool:
    return (
        text in {"", "–", "unsettled"}
        or text.replace(",", "").rstrip(" %").lstrip("-").replace(".", "", 1).isdecimal()
    )


def _cell(is_number: bool, text: str = "") -> str:  # noqa: FBT001 - what it is about
    if is_number:
        return ' class="n"'
    return ' class="wrap"' if len(text) > 60 else ""  # noqa: PLR2004 - about half a line


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
