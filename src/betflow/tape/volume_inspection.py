"""
Prices, sizes and volumes that no exchange publishes.

While a line is decoded, looking at its numbers costs little: `decode_if_possible` refuses whatever may be
wrong, and only what it refuses is looked at one by one. Starting prices are passed over, because Betfair does
publish NaN and Infinity there.
"""

from collections.abc import Iterator
from typing import Annotated, TypeAlias

import msgspec

from betflow.exchange.volumes import LARGEST
from betflow.wire.stream import MarketChange, MarketChangeMessage, RunnerChange

_BY_PRICE = ("trd", "atb", "atl", "spb", "spl")
_BY_LEVEL = ("batb", "batl", "bdatb", "bdatl")

_Price: TypeAlias = Annotated[float, msgspec.Meta(gt=0, lt=LARGEST)]
_Size: TypeAlias = Annotated[float, msgspec.Meta(ge=0, lt=LARGEST)]
_PriceSizes: TypeAlias = list[tuple[_Price, _Size]]
_LevelPriceSizes: TypeAlias = list[tuple[int, _Price, _Size]]


class _PossibleRunnerChange(RunnerChange, frozen=True, gc=False, kw_only=True):
    atb: _PriceSizes | None = None
    atl: _PriceSizes | None = None
    trd: _PriceSizes | None = None
    ltp: _Size | None = None
    tv: _Size | None = None
    spb: _PriceSizes | None = None
    spl: _PriceSizes | None = None
    batb: _LevelPriceSizes | None = None
    batl: _LevelPriceSizes | None = None
    bdatb: _LevelPriceSizes | None = None
    bdatl: _LevelPriceSizes | None = None


class _PossibleMarketChange(MarketChange, frozen=True, gc=False, kw_only=True, rename="camel"):
    rc: list[_PossibleRunnerChange] | None = None  # type: ignore[assignment]  # less of each, by intention
    tv: _Size | None = None


class _PossibleMessage(
    MarketChangeMessage, frozen=True, gc=False, kw_only=True, rename="camel", tag_field="op", tag="mcm"
):
    mc: list[_PossibleMarketChange] | None = None  # type: ignore[assignment]  # less of each, by intention


decode_if_possible = msgspec.json.Decoder(_PossibleMessage, strict=False).decode
"""
Decode one line like `betflow.wire.stream.decode_market_change`, but refuse a number that may be impossible.

An emptied level, price 0 and size 0, is refused too.
"""


def impossible_volume(message: MarketChangeMessage) -> str | None:
    """
    Describe the first price, size or volume of a message that cannot be, or return None.

    A price is above 0, a size or volume 0 or more, and each is a number below `LARGEST`; only a level that is
    emptied has price 0, and size 0.
    """
    return next(_impossible(message), None)


def _impossible(message: MarketChangeMessage) -> Iterator[str]:
    for change in message.mc or ():
        if not _is_number(change.tv):
            yield f"tv of {change.id} is {change.tv}"
        for runner in change.rc or ():
            for name, value in _impossible_of(runner):
                yield f"{name} of {runner.id} in {change.id} is {value}"


def _impossible_of(runner: RunnerChange) -> Iterator[tuple[str, str]]:
    for name in _BY_PRICE:
        for price, size in getattr(runner, name) or ():
            if not _can_be(price, size):
                yield name, f"{size} at {price}"
    for name in _BY_LEVEL:
        for level, price, size in getattr(runner, name) or ():
            if not _can_be(price, size):
                yield name, f"{size} at {price} on level {level}"
    for name in ("tv", "ltp"):
        if not _is_number(getattr(runner, name)):
            yield name, str(getattr(runner, name))


def _can_be(price: float, size: float) -> bool:
    # NaN is neither above nor below anything.
    return 0 <= size < LARGEST and (0 < price < LARGEST or price == size == 0)


def _is_number(value: float | None) -> bool:
    return value is None or 0 <= value < LARGEST
