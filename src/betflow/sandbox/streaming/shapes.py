"""What a subscription takes of each market: its fields, and how many levels of the best prices."""

from dataclasses import dataclass
from typing import Final

from betflow.wire.enums import MarketDataField
from betflow.wire.stream import MarketDataFilter

MOST_LEVELS: Final = 10
"""Of ladders by level; also where a subscription does not say how many."""

DELAYED_LEVELS: Final = 3

_FULL_DEPTH: Final = {
    "atb": MarketDataField.EX_ALL_OFFERS,
    "atl": MarketDataField.EX_ALL_OFFERS,
    "trd": MarketDataField.EX_TRADED,
    "tv": MarketDataField.EX_TRADED_VOL,
    "ltp": MarketDataField.EX_LTP,
    "spb": MarketDataField.SP_TRADED,
    "spl": MarketDataField.SP_TRADED,
    "spn": MarketDataField.SP_PROJECTED,
    "spf": MarketDataField.SP_PROJECTED,
}
_BY_LEVEL: Final = {
    MarketDataField.EX_BEST_OFFERS: ("batb", "batl"),
    MarketDataField.EX_BEST_OFFERS_DISP: ("bdatb", "bdatl"),
}
_NOT_DELAYED: Final = frozenset(
    {MarketDataField.EX_TRADED, MarketDataField.EX_TRADED_VOL, MarketDataField.SP_PROJECTED}
)


@dataclass(frozen=True, slots=True)
class Shape:
    """
    What is taken of a market.

    Attributes:
        fields: The runner's fields that are taken as they change.
        back: The ladders of best prices to back, by level.
        lay: The same to lay.
        is_cut: Whether of full depth the best prices are taken, too.
        levels: How many prices these have.
        has_definition: Whether definitions are taken.
        has_volume: Whether the market's total traded volume is.
    """

    fields: frozenset[str]
    back: tuple[str, ...]
    lay: tuple[str, ...]
    is_cut: bool
    levels: int
    has_definition: bool
    has_volume: bool

    @property
    def has_best(self) -> bool:
        """Whether any best prices are taken."""
        return bool(self.back) or self.is_cut

    @property
    def takes_all(self) -> bool:
        """Whether a change is taken as it is, but for its definition and the market's volume."""
        return len(self.fields) == len(_FULL_DEPTH) and not self.has_best


def shape_of(wanted: MarketDataFilter | None, *, is_delayed: bool = False) -> Shape:
    """
    Return what a filter takes; without fields, everything.

    A delayed app key sees three levels, no volume of runners and no projected starting prices. Full depth is
    three prices then. Number of levels beyond the bounds are brought into them.

    Source: "Application Keys" (what the delayed key has), "Exchange Stream API".
    """
    wanted = wanted or MarketDataFilter()
    taken = frozenset(wanted.fields or MarketDataField)
    levels = MOST_LEVELS if wanted.ladder_levels is None else min(max(wanted.ladder_levels, 1), MOST_LEVELS)
    ladders = [names for each, names in _BY_LEVEL.items() if each in taken]
    has_volume = MarketDataField.EX_TRADED_VOL in taken
    is_cut = is_delayed and MarketDataField.EX_ALL_OFFERS in taken
    if is_delayed:
        taken -= _NOT_DELAYED | {MarketDataField.EX_ALL_OFFERS}
        levels = min(levels, DELAYED_LEVELS)
    return Shape(
        fields=frozenset(name for name, each in _FULL_DEPTH.items() if each in taken),
        back=tuple(back for back, _ in ladders),
        lay=tuple(lay for _, lay in ladders),
        is_cut=is_cut,
        levels=levels if ladders or is_cut else MOST_LEVELS,
        has_definition=MarketDataField.EX_MARKET_DEF in taken,
        has_volume=has_volume,
    )
