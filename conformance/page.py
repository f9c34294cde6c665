"""The page docs/reference/conformance.md: page.txt with the tables in it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from conformance.judgement import OURS, TOOLS, Judgement, Mark, matched, money
from scenarios import Expected, Family, Scenario

_TEMPLATE = Path(__file__).with_suffix(".txt")


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
    text = _TEMPLATE.read_text(encoding="utf-8")
    return text.replace("{summary}", _summary(families, judgements, names).rstrip()).replace(
        "{tables}", tables
    )


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
    assumed = "" if scenario.certain is True else f" *{scenario.certain}*"
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
