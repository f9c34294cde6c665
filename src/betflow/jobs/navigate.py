"""``betflow navigate``: a walk through the navigation menu, from sports down to markets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from betflow.betfair.reading import ReadingGateway
from betflow.errors import NotFoundError, UsageError
from betflow.jobs.connecting import open_connection
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.wire.navigation import NavigationNode

_MARKET: Final = "MARKET"
_NAMED_AT_MOST: Final = 12
Trail = tuple[NavigationNode, ...]


@dataclass(frozen=True, slots=True)
class NavigateRequest:
    """Where to go: names or ids, each below the one before it."""

    steps: tuple[str, ...] = ()


def navigate(request: NavigateRequest, context: RunContext) -> Outcome:
    """
    Walk through the menu, and show what is there.

    Betfair renews the menu about once an hour; `betflow.jobs.markets` sees the markets as they are now.

    Raises:
        NotFoundError: a step leads nowhere.
        UsageError: a step leads to several places.
        ConfigurationError: there is nothing to log in with.
        GatewayError: Betfair does not answer, or says no.
    """
    with open_connection(context.settings, clock=context.clock) as connection:
        trail: Trail = (ReadingGateway(connection).navigation_menu(),)
    for step in request.steps:
        trail += follow(trail[-1], step)
    here = trail[-1]
    return Outcome(
        {
            "path": [_told(each) for each in trail[1:]],
            "here": _told(here),
            "children": [_told(each) for each in here.children],
        }
    )


def follow(node: NavigationNode, step: str) -> Trail:
    """
    Return the way from a node, which is left out, to what a step means.

    A step is the id of anything below; or the name of a child, in any case, with ``-`` for a space; or a part
    of the name of one child.

    Raises:
        NotFoundError: it is none of these.
        UsageError: several children have the name, or the part.
    """
    wanted = _folded(step)
    exactly = [each for each in node.children if wanted == _folded(each.name) or step == _id(each)]
    if len(exactly) != 1 and (way := _way_to(node, step)):
        return way
    partly = [each for each in node.children if wanted in _folded(each.name)]
    found = exactly or partly
    if not found:
        raise NotFoundError(
            f"There is no {step!r} below {_name(node)}.",
            advice=f"There is: {_listed(node.children)}." if node.children else "Nothing is below it.",
        )
    if len(found) > 1:
        raise UsageError(
            f"{step!r} can be several things below {_name(node)}: {_listed(found)}.",
            advice="Give the id, or more of the name.",
        )
    return (found[0],)


def _way_to(node: NavigationNode, wanted: str) -> Trail:
    """Return the way to the first node below that has an id; nothing where there is none."""
    pending: list[Trail] = [(each,) for each in reversed(node.children)]
    while pending:
        way = pending.pop()
        if _id(way[-1]) == wanted:
            return way
        pending += [(*way, each) for each in reversed(way[-1].children)]
    return ()


def _told(node: NavigationNode) -> dict[str, Any]:
    return {
        "id": _id(node),
        "type": node.type,
        "name": node.name,
        "time": node.market_start_time or node.start_time,
        "country": node.country_code,
        "venue": node.venue,
        "market_type": node.market_type,
        "winners": node.number_of_winners or None,
        "markets": sum(each.type == _MARKET for each in node.walk()),
    }


def _id(node: NavigationNode) -> str:
    return "" if node.id is None else str(node.id)


def _name(node: NavigationNode) -> str:
    return "the top" if node.type == "GROUP" and node.name == "ROOT" else node.name


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").split())


def _listed(nodes: Sequence[NavigationNode]) -> str:
    named = [f"{each.name} ({_id(each)})" for each in nodes[:_NAMED_AT_MOST]]
    more = len(nodes) - len(named)
    return ", ".join(named) + (f", and {more} more" if more else "")
