"""
A book as it stood, as values that last and that JSON can carry.

A `MarketBook` changes with the next message; a `MarketSnapshot` does not.
"""

from decimal import Decimal
from math import isfinite
from typing import Any, Final

import msgspec

from betflow.exchange.book import MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.times import iso


class PriceSize(msgspec.Struct, frozen=True, gc=False):
    """An entry of a ladder."""

    price: float
    size: float


class RunnerSnapshot(msgspec.Struct, frozen=True, gc=False):
    """
    A runner as it stood.

    Attributes:
        total_matched: All that was traded, both stakes counted (`RunnerBook.total_traded`).
        bsp: The reconciled starting price; NaN for a removed runner, None before reconciliation.
        available_to_back: Best (highest) price first.
        available_to_lay: Best (lowest) price first.
        traded: Lowest price first, both stakes counted; never cut to a depth.
    """

    selection_id: int
    handicap: float
    name: str | None
    status: str | None
    last_price_traded: float | None
    total_matched: float | None
    near_price: float | None
    far_price: float | None
    bsp: float | None
    available_to_back: tuple[PriceSize, ...]
    available_to_lay: tuple[PriceSize, ...]
    traded: tuple[PriceSize, ...]


class MarketSnapshot(msgspec.Struct, frozen=True, gc=False):
    """
    A market as it stood after the message published at `publish_time` (epoch milliseconds).

    Attributes:
        published: The publish time in ISO 8601.
        covered: False where an image of the subscription came without this market: it may have changed since.
    """

    market_id: str
    publish_time: int
    published: str
    status: str | None
    in_play: bool
    bet_delay: int | None
    version: int | None
    total_matched: float | None
    covered: bool
    runners: tuple[RunnerSnapshot, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as `json_ready` types."""
        ready: dict[str, Any] = json_ready(self)
        return ready


def snapshot(book: MarketBook, depth: int | None = None) -> MarketSnapshot:
    """
    Keep a book as it stands.

    Args:
        book: The live book.
        depth: How many prices to keep of what is available to back and to lay; None keeps all.

    Raises:
        ValueError: if the depth is negative.
    """
    if depth is not None and depth < 0:
        raise ValueError(f"a book cannot be cut to {depth} prices; give 0 or more, or None for all")
    definition = book.definition
    return MarketSnapshot(
        market_id=book.market_id,
        publish_time=book.publish_time,
        published=iso(book.publish_time),
        status=book.status,
        in_play=book.in_play,
        bet_delay=definition.bet_delay if definition else None,
        version=definition.version if definition else None,
        total_matched=book.total_matched,
        covered=book.covered,
        runners=tuple(_runner_snapshot(runner, depth) for runner in book.runners),
    )


def json_ready(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """
    Return frozen values of this room as dictionaries, lists, texts and numbers that JSON can carry.

    NaN and the infinities become the texts that Betfair uses for them, ``"NaN"``, ``"Infinity"`` and
    ``"-Infinity"``. A `Decimal` becomes the number whose text it is: what is published or summed here has
    at most 15 digits, and a float that is printed shows those exactly.
    """
    return _with_texts_for_non_finite(msgspec.to_builtins(value, builtin_types=(Decimal,)))


def _runner_snapshot(runner: RunnerBook, depth: int | None) -> RunnerSnapshot:
    return RunnerSnapshot(
        selection_id=runner.selection_id,
        handicap=runner.handicap,
        name=runner.name,
        status=runner.status,
        last_price_traded=runner.last_price_traded,
        total_matched=runner.total_traded,
        near_price=runner.near_price,
        far_price=runner.far_price,
        bsp=runner.starting_price,
        available_to_back=_entries(runner.back_ladder[:depth]),
        available_to_lay=_entries(runner.lay_ladder[:depth]),
        traded=_entries(runner.traded_ladder),
    )


def _entries(ladder: list[tuple[float, float]]) -> tuple[PriceSize, ...]:
    return tuple(PriceSize(price, size) for price, size in ladder)


_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


def _with_texts_for_non_finite(value: object) -> object:
    if isinstance(value, Decimal | float):
        number = float(value)
        if isfinite(number):
            return number
        return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"  # noqa: PLR0124 - NaN
    if isinstance(value, dict):
        return {
            key: member if type(member) in _AS_THEY_ARE else _with_texts_for_non_finite(member)
            for key, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            member if type(member) in _AS_THEY_ARE else _with_texts_for_non_finite(member) for member in value
        ]
    return value
