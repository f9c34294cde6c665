"""The page: docs/reference/conformance.md."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from scenarios import Expected, Family, Scenario

from conformance.judgement import OURS, TOOLS, Judgement, Mark, matched, money

_HEAD = """\
# Conformance

Made by `scripts/conformance`; do not edit. What would Betfair have matched, and what would it have paid? Each row below is
a scenario: a few lines of a recording, some orders, and what they come to, worked out by hand from Betfair's documents.
The same scenarios run through betflow and through its peers. `scripts/test tests/conformance` holds betflow to every
value; here is what all of them say.

## The answer in short

"""
_READING = """
| mark | meaning |
|---|---|
| ✓ | agrees |
| ✗ | differs, with what it gave; the rule is certain |
| ≠ | differs where the expected value rests on an assumption (named in the row): nobody can say who is right |
| ~ | differs, and lies between the worst and the best case: it cannot be called wrong |
| – | not compared: the tool has no words for it, for the reason given |

Peers are compared in what they match (size and average price) and in what they pay: not in the words for it, such as error
codes or what lapsed. betflow is compared in all of that, and in its worst and best case.

- **flumine** runs as its documentation shows: `FlumineSimulation` with a `SimulatedClient` and its defaults, but for the
  latency, which is the scenario's. Strategies are kept apart by default (`simulated_strategy_isolation`), and offers that
  cross are ignored (`simulation_available_prices`). It acts only when a market changes, so messages without changes are
  put where something is asked. Several markets are played one after the other.
- **nautilus_trader** runs its own Betfair parser and backtest engine, on full-depth books, with `trade_execution`. It
  matches nothing where a side of the book is empty, so a penny is put at each end of the ladder. It closes positions
  with an order at what the book offers, whoever won; where a scenario is about what is paid, that is what it pays.

What the recording cannot tell, nobody can: how others would have reacted, and who stood where in a queue. See
[matching](../explanation/matching.md) and [settlement](../explanation/settlement.md), which also have the sources' short
names.

## How to read and write a scenario

```yaml
- name: best price first
  rule: An order takes the best price first, and gets that price.
  because: 5 at 3.0, then 5 at 2.98; the average is 2.99, and winning pays 5 × 2 + 5 × 1.98.
  source: API, "Additional Information" (best price execution)
  certain: yes                  # or: assumed, and what
  lines:                        # seconds, runner, ladders as on the wire
    - 0 1 atb 3.0:5 2.98:10 2.96:50
  orders:                       # the columns of a file of scripted orders
    - {ref: A, at: 1, side: BACK, price: 2.98, size: 10}
  result: {1: WINNER}           # left out: the recording ends before
  expect:
    A: {size_matched: 10, average_price_matched: 2.99, profit: 19.90}
```

They are in `tests/conformance`; `tests/support/scenarios.py` has all that a line can say. A wrong expectation is as much a
defect as a wrong engine: please report either, with the source.
"""


def page(
    families: Sequence[Family], judgements: Mapping[str, Sequence[Judgement]], versions: Mapping[str, str]
) -> str:
    """
    Return the whole page.

    Args:
        families: The scenarios.
        judgements: What each tool made of them, in their order.
        versions: Of the tools that are not ours.
    """
    names = {tool: f"{tool} {versions[tool]}" if tool in versions else tool for tool in TOOLS}
    rows = {tool: iter(judgements[tool]) for tool in TOOLS}
    tables = "".join(_family(family, rows, names) for family in families)
    return _HEAD + _summary(families, judgements, names) + _READING + tables


def summary_lines(judgements: Mapping[str, Sequence[Judgement]]) -> Iterator[str]:
    """Yield a line for each tool: how many scenarios it agrees with, and so on."""
    for tool, cells in judgements.items():
        counts = Counter(cell.mark for cell in cells)
        yield f"{tool:16}" + "".join(f"{mark} {counts[mark]:<5}" for mark in Mark)


def _summary(
    families: Sequence[Family], judgements: Mapping[str, Sequence[Judgement]], names: Mapping[str, str]
) -> str:
    lines = [f"| | scenarios | {' | '.join(names.values())} |", "|---|---|" + "---|" * len(names)]
    start = 0
    for family in families:
        end = start + len(family.scenarios)
        cells = [_counts(judgements[tool][start:end]) for tool in TOOLS]
        anchor = family.family.lower().replace(" ", "-")
        lines.append(f"| [{family.family}](#{anchor}) | {end - start} | {' | '.join(cells)} |")
        start = end
    total = " | ".join(f"**{_counts(judgements[tool])}**" for tool in TOOLS)
    lines.append(f"| **all** | **{start}** | {total} |")
    return "\n".join(lines) + "\n"


def _counts(cells: Sequence[Judgement]) -> str:
    counts = Counter(cell.mark for cell in cells)
    return " ".join(f"{counts[mark]} {mark}" for mark in Mark if counts[mark])


def _family(family: Family, rows: Mapping[str, Iterator[Judgement]], names: Mapping[str, str]) -> str:
    lines = [
        f"\n## {family.family}\n",
        " ".join(family.about.split()) + "\n",
        f"| scenario | expected | {' | '.join(names.values())} |",
        "|---|---|" + "---|" * len(names),
    ]
    for scenario in family.scenarios:
        cells = [_escaped(str(next(rows[tool]))) for tool in TOOLS]
        lines.append(f"| {_rule(scenario)} | {_expected(scenario)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _rule(scenario: Scenario) -> str:
    assumed = "" if scenario.certain is True else f" **{scenario.certain}**"
    return f"**{scenario.name}**<br>{_escaped(scenario.rule)} <sub>{_escaped(scenario.source)}</sub>{assumed}"


def _expected(scenario: Scenario) -> str:
    values = [_order(ref, expected) for ref, expected in scenario.expect.items()]
    for name, market in scenario.expect_market.items():
        paid = [
            f"{field} {money(value)}"
            for field, value in (("profit", market.profit), ("commission", market.commission))
            if value is not None
        ]
        values.append(f"{name or 'market'}: {', '.join(paid)}")
    return f"{'; '.join(values)}<br><sub>{_escaped(' '.join(scenario.because.split()))}</sub>"


def _order(ref: str, expected: Expected) -> str:
    words = []
    if expected.error_code:
        words.append(f"refused: {expected.error_code}")
    elif expected.size_matched is not None:
        words.append(matched(expected.size_matched, expected.average_price_matched))
        if expected.worst and expected.best:
            worst, best = expected.worst.size_matched, expected.best.size_matched
            words[-1] += f" ({money(worst, short=True)} to {money(best, short=True)})"
    words += [
        f"{action} refused: {code}"
        for action, code in (
            ("cancel", expected.cancel_error),
            ("update", expected.update_error),
            ("replace", expected.replace_error),
        )
        if code
    ]
    if expected.doubts is not None:
        words.append(" ".join(expected.doubts) or "no mark")
    if expected.profit is not None:
        words.append("unsettled" if isinstance(expected.profit, str) else f"pays {money(expected.profit)}")
    return f"{ref} {', '.join(words)}"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;")


def is_complete(judgements: Mapping[str, Sequence[Judgement]]) -> bool:
    """Say whether betflow agrees with everything."""
    return all(cell.mark is Mark.AGREES for cell in judgements[OURS])
