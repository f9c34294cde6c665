"""
Messages without their prices: what an inspection needs of a line, in half of the time.

Prices and sizes are passed over. They have to be JSON, but not to be numbers: an import does not notice those
that are none, `betflow tape verify` does, since it decodes everything.
"""

import msgspec

from betflow.wire.stream import MarketChange, MarketChangeMessage


class SkimmedRunnerChange(msgspec.Struct, frozen=True, gc=False):
    """Which runner changed."""

    id: int
    hc: float | None = None


class SkimmedMarketChange(MarketChange, frozen=True, gc=False, kw_only=True, rename="camel"):
    """A market's change without prices."""

    rc: list[SkimmedRunnerChange] | None = None  # type: ignore[assignment]  # less of each, by intention


class SkimmedMessage(
    MarketChangeMessage, frozen=True, gc=False, kw_only=True, rename="camel", tag_field="op", tag="mcm"
):
    """A message without prices."""

    mc: list[SkimmedMarketChange] | None = None  # type: ignore[assignment]  # less of each, by intention


decode_skimming = msgspec.json.Decoder(SkimmedMessage, strict=False).decode
"""Decode one line like `betflow.wire.stream.decode_market_change`, without prices."""
