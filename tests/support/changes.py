"""
Stream messages for tests, written short.

They go through the decoder, so a test says what Betfair sends, and the wire types are tested along the way.
"""

import json
from typing import Any

from betflow.wire.stream import MarketChange, MarketChangeMessage, decode

MARKET = "1.1"
OFF = "2026-02-18T14:00:00.000Z"
OFF_MS = 1_771_423_200_000


def defined(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a definition may have
    """
    Return a market definition as JSON: open, off at `OFF`, with runners 1 and 2; *changes* on top.

    Args:
        changes: Fields by their names in JSON, e.g. ``inPlay=True``; runners as a list of ids or of objects.
    """
    runners = changes.pop("runners", [1, 2])
    return {
        "status": "OPEN",
        "inPlay": False,
        "version": 1,
        "betDelay": 0,
        "marketTime": OFF,
        "numberOfWinners": 1,
        "runners": [
            {"id": each, "sortPriority": place, "status": "ACTIVE"} if isinstance(each, int) else each
            for place, each in enumerate(runners, start=1)
        ],
        **changes,
    }


def message(*changes: dict[str, Any], pt: int = 1, **fields: Any) -> MarketChangeMessage:  # noqa: ANN401 - likewise
    """Return a message with market changes given as JSON; a change without an id is of `MARKET`."""
    text = {"op": "mcm", "pt": pt, "mc": [{"id": MARKET, **change} for change in changes], **fields}
    decoded = decode(json.dumps(text).encode())
    assert isinstance(decoded, MarketChangeMessage)
    return decoded


def change(*runner_changes: dict[str, Any], **fields: Any) -> MarketChange:  # noqa: ANN401 - likewise
    """Return one market change; *fields* as in JSON, e.g. ``img=True`` or ``marketDefinition=defined()``."""
    changes = message({"rc": list(runner_changes), **fields}).mc
    assert changes
    return changes[0]
