"""Small races for backtests: two runners, prices to take, volume that trades, a winner."""

import json
from pathlib import Path
from typing import Any

from changes import OFF_MS, defined
from recordings import line

WINNER, LOSER = 1, 2
FIRST_MS = OFF_MS - 60_000
"""When the definition and the first prices are published."""
DECIDED_MS = FIRST_MS + 5_000
"""When orders are decided that do not say otherwise."""
JOINED_MS = FIRST_MS + 8_000
"""When the 20.00 that are offered to lay the winner at 2.1 become 30.00."""
PULLED_MS = FIRST_MS + 10_000
"""When they become 20.00 again, and nobody knows which 10.00 left."""
TRADED_MS = FIRST_MS + 20_000
"""When 30.00, which counts both sides, are published as traded at that price."""


def race_lines(
    market_id: str = "1.5", *, event_id: str = "9", settled: bool = True, **facts: object
) -> list[bytes]:
    """Return the lines of a race; its prices come from `FIRST_MS` on, its result a minute after the off."""
    named = {WINNER: "1. Paper Tiger", LOSER: "2. Wooden Spoon"}
    runners = [
        {"id": each, "sortPriority": each, "status": "ACTIVE", "name": name} for each, name in named.items()
    ]
    ended = [
        {**runners[0], "status": "WINNER", "bsp": 2.2},
        {**runners[1], "status": "LOSER", "bsp": 1.9},
    ]
    more = {
        "eventId": event_id,
        "eventName": "Ascot 18th Feb",
        "eventTypeId": "7",
        "countryCode": "GB",
        "marketType": "WIN",
        "bettingType": "ODDS",
        "name": "1m Hcap",
        "marketBaseRate": 5,
        "discountAllowed": True,
        "bspMarket": True,
        "turnInPlayEnabled": True,
        "persistenceEnabled": True,
        **facts,
    }
    book = [
        {"id": WINNER, "atb": [[2.0, 10]], "atl": [[2.1, 20]]},
        {"id": LOSER, "atb": [[1.9, 10]], "atl": [[1.95, 20]]},
    ]
    messages: list[tuple[int, dict[str, Any]]] = [
        (FIRST_MS, {"marketDefinition": defined(runners=runners, **more), "rc": book}),
        (JOINED_MS, {"rc": [{"id": WINNER, "atl": [[2.1, 30]]}]}),
        (PULLED_MS, {"rc": [{"id": WINNER, "atl": [[2.1, 20]]}]}),
        (TRADED_MS, {"rc": [{"id": WINNER, "trd": [[2.1, 30]]}]}),
    ]
    if settled:
        closed = defined(runners=ended, status="CLOSED", version=2, bspReconciled=True, **more)
        messages.append((OFF_MS + 60_000, {"marketDefinition": closed}))
    return [line(moment, {"id": market_id, **change}) for moment, change in messages]


def race(path: Path, market_id: str = "1.5", **facts: Any) -> Path:  # noqa: ANN401 - JSON
    """Write a race to a file and return its path."""
    path.write_bytes(b"\n".join(race_lines(market_id, **facts)) + b"\n")
    return path


def orders_file(path: Path, *orders: dict[str, Any]) -> Path:
    """Write orders: to back the winner of market 1.5 at 2.1 with 4.00, but for what they say."""
    usual = {"at": DECIDED_MS, "market_id": "1.5", "selection_id": WINNER, "side": "BACK"}
    path.write_text(json.dumps([{**usual, "price": 2.1, "size": 4, **order} for order in orders]))
    return path
