"""What is known of one runner of a market: a live view, which the market's next change alters in place."""

from betflow.exchange.volumes import hundredths, is_possible
from betflow.wire.stream import LevelPriceSizes, RunnerChange, RunnerDefinition


class RunnerBook:
    """
    What is known of one runner of a market.

    Attributes:
        selection_id: Betfair's number of the selection.
        handicap: The line in a handicap market, else 0.0. A runner is the pair, never the selection alone.
        definition: The runner in the market definition; None where the definition does not list it.
        best_back: Best price available to back (highest), None when there is none. From `available_to_back`
            where the tape has full depth, else from the display levels, else from the raw levels.
        best_lay: Best price available to lay (lowest), likewise.
        available_to_back: Size by price, full depth, unsorted (`atb`).
        available_to_lay: Size by price, full depth, unsorted (`atl`).
        traded: Traded volume by price, cumulative, both stakes counted (`trd`).
        best_available_to_back: ``(price, size)`` by level, raw (`batb`).
        best_available_to_lay: ``(price, size)`` by level, raw (`batl`).
        display_available_to_back: ``(price, size)`` by level, with virtual bets (`bdatb`).
        display_available_to_lay: ``(price, size)`` by level, with virtual bets (`bdatl`).
        back_stake_taken: Backers' stakes in the starting price pool, by price limit (`spl`).
        lay_liability_taken: Layers' liabilities in the starting price pool, by price limit (`spb`).
        last_price_traded: `ltp`; None until the first trade.
        total_matched: `tv` as published, None until then; see `total_traded` for what it is worth.
        near_price: Projected starting price, exchange money included (`spn`); may be NaN or infinite.
        far_price: Projected starting price from the pool alone (`spf`); may be NaN or infinite.
    """

    __slots__ = (
        "available_to_back",
        "available_to_lay",
        "back_stake_taken",
        "best_available_to_back",
        "best_available_to_lay",
        "best_back",
        "best_lay",
        "definition",
        "display_available_to_back",
        "display_available_to_lay",
        "far_price",
        "handicap",
        "last_price_traded",
        "lay_liability_taken",
        "near_price",
        "selection_id",
        "total_matched",
        "traded",
    )

    def __init__(
        self, selection_id: int, handicap: float, definition: RunnerDefinition | None = None
    ) -> None:
        self.selection_id = selection_id
        self.handicap = handicap
        self.definition = definition
        self.best_back: float | None = None
        self.best_lay: float | None = None
        self.available_to_back: dict[float, float] = {}
        self.available_to_lay: dict[float, float] = {}
        self.traded: dict[float, float] = {}
        self.best_available_to_back: dict[int, tuple[float, float]] = {}
        self.best_available_to_lay: dict[int, tuple[float, float]] = {}
        self.display_available_to_back: dict[int, tuple[float, float]] = {}
        self.display_available_to_lay: dict[int, tuple[float, float]] = {}
        self.back_stake_taken: dict[float, float] = {}
        self.lay_liability_taken: dict[float, float] = {}
        self.last_price_traded: float | None = None
        self.total_matched: float | None = None
        self.near_price: float | None = None
        self.far_price: float | None = None

    def __repr__(self) -> str:
        return f"<RunnerBook {self.selection_id}/{self.handicap:g} {self.best_back}–{self.best_lay}>"

    @property
    def status(self) -> str | None:
        """The runner's status, one of `betflow.wire.enums.RunnerStatus`; None without a definition."""
        return self.definition.status if self.definition else None

    @property
    def name(self) -> str | None:
        """The runner's name, where the recording has it."""
        return self.definition.name if self.definition else None

    @property
    def starting_price(self) -> float | None:
        """The reconciled starting price (BSP); NaN for a removed runner, None before reconciliation."""
        return self.definition.bsp if self.definition else None

    @property
    def middle_price(self) -> float | None:
        """Half-way between the best prices to back and to lay; where only one is there, that; else None."""
        if self.best_back is None or self.best_lay is None:
            return self.best_lay if self.best_back is None else self.best_back
        return (self.best_back + self.best_lay) / 2

    @property
    def total_traded(self) -> float | None:
        """
        All that was traded on the runner, both stakes counted: `traded` added up, else `total_matched`.

        In official historic files the published `tv` of a runner is only the volume of the change it comes
        with, as `traded` shows; in recordings of the stream both are the same. Volumes that cannot be, of
        damaged tapes, count as nothing.
        """
        if not self.traded:
            return self.total_matched
        return sum(hundredths(size) for each, size in self.traded.items() if is_possible(each, size)) / 100

    @property
    def back_ladder(self) -> list[tuple[float, float]]:
        """What is available to back, ``(price, size)``, best (highest) price first."""
        if self.available_to_back:
            return sorted(self.available_to_back.items(), reverse=True)
        levels = self.display_available_to_back or self.best_available_to_back
        return [levels[level] for level in sorted(levels)]

    @property
    def lay_ladder(self) -> list[tuple[float, float]]:
        """What is available to lay, ``(price, size)``, best (lowest) price first."""
        if self.available_to_lay:
            return sorted(self.available_to_lay.items())
        levels = self.display_available_to_lay or self.best_available_to_lay
        return [levels[level] for level in sorted(levels)]

    @property
    def traded_ladder(self) -> list[tuple[float, float]]:
        """Traded volume, ``(price, volume)``, lowest price first; both stakes counted."""
        return sorted(self.traded.items())

    def _fold_levels(self, change: RunnerChange) -> None:
        """Apply the ladders that are given by level; they say what is best where there is no full depth."""
        _fold_levels(self.best_available_to_back, change.batb)
        _fold_levels(self.best_available_to_lay, change.batl)
        _fold_levels(self.display_available_to_back, change.bdatb)
        _fold_levels(self.display_available_to_lay, change.bdatl)
        if not self.available_to_back:
            self.best_back = self._best_back_level()
        if not self.available_to_lay:
            self.best_lay = self._best_lay_level()

    def _best_back_level(self) -> float | None:
        return _best_of_levels(self.display_available_to_back or self.best_available_to_back)

    def _best_lay_level(self) -> float | None:
        return _best_of_levels(self.display_available_to_lay or self.best_available_to_lay)


def _fold_levels(ladder: dict[int, tuple[float, float]], changes: LevelPriceSizes | None) -> None:
    for level, price, size in changes or ():
        if size:
            ladder[level] = (price, size)
        else:
            ladder.pop(level, None)


def _best_of_levels(ladder: dict[int, tuple[float, float]]) -> float | None:
    return ladder[min(ladder)][0] if ladder else None
