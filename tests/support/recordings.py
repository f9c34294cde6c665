"""Small tapes for tests: one market, a definition first, prices, the result last."""

import json
from typing import Any

from changes import OFF_MS, defined

MARKET_ID = "1.100000001"


def line(pt: int, *changes: dict[str, Any], clk: str | None = "1", **fields: Any) -> bytes:  # noqa: ANN401 - JSON
    """Return one message as a line without its end."""
    message = {"op": "mcm", "clk": clk, "pt": pt, "mc": list(changes), **fields}
    return json.dumps(message, separators=(",", ":")).encode()


def recorded_lines(
    market_id: str = MARKET_ID, *, prices: int = 5, pt: int = OFF_MS, **definition: object
) -> list[bytes]:
    """Return the lines of a settled market of two runners that was published every 100 ms."""
    facts = {"eventTypeId": "7", "countryCode": "GB", "marketType": "WIN", "venue": "Ascot", **definition}
    results = [{"id": 1, "status": "WINNER", "bsp": 2.5}, {"id": 2, "status": "LOSER", "bsp": "NaN"}]
    first = {"id": market_id, "marketDefinition": defined(**facts)}
    last = {
        "id": market_id,
        "marketDefinition": defined(**facts, status="CLOSED", version=2, runners=results),
    }
    ladder: list[dict[str, Any]] = [
        {"id": market_id, "rc": [{"id": 1, "atb": [[2 + number / 100, 5]], "ltp": 2}]}
        for number in range(prices)
    ]
    return [line(pt + 100 * number, change) for number, change in enumerate([first, *ladder, last])]


def recording(market_id: str = MARKET_ID, *, prices: int = 5, **more: Any) -> bytes:  # noqa: ANN401 - JSON
    """Return `recorded_lines` as a file's content."""
    return b"".join(each + b"\n" for each in recorded_lines(market_id, prices=prices, **more))
