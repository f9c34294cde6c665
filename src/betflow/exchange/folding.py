"""
What changes do to the books of runners: the rules, and how they are folded where nothing is compiled.

`betflow.exchange._folding` does the same in less than two thirds of the time, where it was compiled (see
`docs/decisions/0009-a-compiled-fold.md`); what is not usual it leaves to this module.
Rules are changed in both.
"""

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from betflow.wire.stream import RunnerChange

if TYPE_CHECKING:
    from betflow.exchange.book import MarketBook


def fold_runner_changes(book: "MarketBook", changes: Sequence[RunnerChange]) -> None:  # noqa: C901, PLR0912, PLR0915
    """
    Fold what changed for runners into the book of their market.

    This is one loop without calls on purpose: it runs for every price of every message, and calls would make
    it a third slower (measured on CPython 3.11).
    """
    runner_of = book._runner_of
    for change in changes:
        handicap = change.hc
        try:
            runner = runner_of[(change.id, handicap) if handicap else change.id]
        except KeyError:
            runner = book._add_runner(change.id, handicap or 0.0)

        entries = change.atb
        if entries is not None:
            ladder = runner.available_to_back
            best = (ladder and runner.best_back) or 0.0
            for price, size in entries:
                if size:
                    ladder[price] = size
                    if price > best:  # noqa: PLR1730 - a call would cost more than the whole level
                        best = price
                elif price in ladder:
                    del ladder[price]
                    if price == best:
                        best = max(ladder) if ladder else 0.0
            runner.best_back = best or runner._best_back_level()

        entries = change.atl
        if entries is not None:
            ladder = runner.available_to_lay
            best = (ladder and runner.best_lay) or inf
            for price, size in entries:
                if size:
                    ladder[price] = size
                    if price < best:  # noqa: PLR1730 - as above
                        best = price
                elif price in ladder:
                    del ladder[price]
                    if price == best:
                        best = min(ladder) if ladder else inf
            runner.best_lay = runner._best_lay_level() if best == inf else best

        entries = change.trd
        if entries is not None:
            ladder = runner.traded
            if not entries:
                ladder.clear()
            for price, size in entries:
                if size:
                    ladder[price] = size
                elif price in ladder:
                    del ladder[price]

        if change.ltp is not None:
            runner.last_price_traded = change.ltp
        if change.tv is not None:
            runner.total_matched = change.tv

        entries = change.spl
        if entries is not None:
            ladder = runner.back_stake_taken
            for price, size in entries:
                if size:
                    ladder[price] = size
                elif price in ladder:
                    del ladder[price]

        entries = change.spb
        if entries is not None:
            ladder = runner.lay_liability_taken
            for price, size in entries:
                if size:
                    ladder[price] = size
                elif price in ladder:
                    del ladder[price]

        if change.spn is not None:
            runner.near_price = change.spn
        if change.spf is not None:
            runner.far_price = change.spf
        if (
            change.batb is not None
            or change.batl is not None
            or change.bdatb is not None
            or change.bdatl is not None
        ):
            runner._fold_levels(change)
