"""What stands above a market's prices, in every command that shows them."""

from typing import Any

from betflow.cli.figures import CURRENCY_OF_MARKETS, money, off, published


def market_heading(data: dict[str, Any], *, seen: dict[str, str | None]) -> dict[str, object]:
    """
    Return which market it is and how it stands, as names and values.

    Args:
        data: An answer with a market's facts.
        seen: Moments that say when it was seen, by what they are called.
    """
    return {
        "market": data["market_id"],
        "name": ", ".join(part for part in (data["event_name"], data["name"]) if part) or None,
        "venue": data["venue"],
        "scheduled off": off(data["market_time"]),
        **{name: published(moment) for name, moment in seen.items()},
        "status": data["status"],
        "in play": data["in_play"],
        "total matched": money(data["total_matched"], CURRENCY_OF_MARKETS),
    }


def runner_name(runner: dict[str, Any]) -> str:
    """Return what a runner is called, with its line where it has one."""
    line = f" {runner['handicap']:+g}" if runner["handicap"] else ""
    return f"{runner['name'] or runner['selection_id']}{line}"
