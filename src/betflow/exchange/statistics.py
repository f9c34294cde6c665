"""
What a market's tape says in numbers: off, prices at the off, what was traded before and after it, results.

`StatisticsFold` takes the changes of one market in order and sees the book before and after each. The rules:

- The *scheduled off* is the market time. *Prices at the off* are those of the book after the last message
  published at or before it. When a definition moves the market time later, they are taken again. Where the
  market was off before that time, they are those of the book just before the message with which it was.
- The *actual off* is the suspension at the off: the last time that an open market was suspended before it
  turned in play. Where it never did, it is the suspension before the market was closed or its starting prices
  were published, or one at the market time or later after which it did not reopen. After other suspensions a
  market reopens without being in play. Where a market turned in play without a suspension, the off is that
  moment, and *derived*.
- *Pre-play* is what was traded before the actual off; *in-play* is what was traded since, price by price. So
  what the starting-price auction trades, while the market is suspended, is in-play, as in Betfair's
  published results; where a market has an auction and never turns in play, the auction is all of it. Nothing
  else trades in a suspended market: what a message trades that suspends the market is pre-play, unless it
  brings the starting prices. Where the tape begins after the off, what had been traded until then belongs to
  neither: it is given as *unattributed*.
- Volumes in other currencies are converted anew from time to time, which moves many prices by pennies in one
  message. In-play, what moves so was not traded; see `betflow.exchange.volumes.is_revaluation`.
- Volumes are one-sided: Betfair counts both stakes of a bet, here it counts once.
- A change that only takes traded volume away is settlement, removal or voiding. It does not unsay what was
  traded, so volumes of removed runners are in, and so are those of a settled market. The last traded price
  that comes with it is some price of those taken away (seen in every settled tape), so it does not count.
- The *last price* of a phase is the last traded price that was published in it. Where none was, since it was
  not recorded or did not change, it is the price at which volume grew last, and *derived*.
- A traded volume that is negative, NaN or infinite was never traded, and is left out.
- An image sets the account of a runner anew, where it brings volumes for it.
"""

from dataclasses import dataclass
from decimal import Decimal

from betflow.exchange.auction import has_starting_prices
from betflow.exchange.book import MarketBook
from betflow.exchange.off import OffBook, OffMoment, PricesAtOff, StatusChange, Timeline
from betflow.exchange.phases import PhaseStatistics, RunnerAccount
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.snapshot import PriceSize
from betflow.exchange.volumes import is_revaluation, one_sided, only_deletes, without_impossible
from betflow.wire.enums import MarketStatus
from betflow.wire.stream import MarketChange, MarketDefinition


@dataclass(frozen=True, slots=True)
class RunnerStatistics:
    """
    One runner's part.

    Attributes:
        result: The status at the end of the tape; after settlement WINNER, LOSER, PLACED or REMOVED.
        bsp: The reconciled starting price; NaN for a removed runner, None where there is none.
        best_back: Best price to back and its size at the off; None where there was none.
        best_lay: Likewise to lay.
        pre_play: What was traded before the off; None where the tape begins after it.
        in_play: What was traded after the off, the starting-price auction included; None where the market
            has neither turned in play nor had an auction.
        unattributed: Volume that a tape which begins after the off cannot divide; else None.
    """

    selection_id: int
    handicap: float
    name: str | None
    sort_priority: int | None
    result: str | None
    bsp: float | None
    adjustment_factor: float | None
    removal_date: str | None
    best_back: PriceSize | None
    best_lay: PriceSize | None
    pre_play: PhaseStatistics | None
    in_play: PhaseStatistics | None
    unattributed: Decimal | None


@dataclass(frozen=True, slots=True)
class MarketStatistics:
    """
    What a tape says about one market. Times are epoch milliseconds, percentages have four decimals.

    Attributes:
        scheduled_off: The market time, as last defined.
        actual_off: When it was suspended for the off; None where the tape does not tell.
        actual_off_derived: Whether that is when it turned in play, since no suspension before it is known.
        turned_in_play: Whether it was ever in play.
        has_auction: Whether starting prices were made after the off.
        captured: Whether the tape has the book at the off.
        not_captured_because: The reason, where it does not.
        captured_at: Which off that is: the scheduled one, or the actual one where that came before it.
        captured_from: Publish time of the message after which the book was taken.
        back_book_percentage: Sum of 100 / best price to back of the runners active at the off;
            None where one of them had no price.
        lay_book_percentage: Likewise to lay.
        overround: `back_book_percentage` less 100 for each winner that the market pays.
        total_matched: Both stakes counted; the highest that was published, since settlement zeroes it;
            where none was, the sum of what was traded.
        volume: One-sided; the runners' volumes added up, or half of `total_matched` where the tape has none.
        messages: How many changes of the market there were.
        timeline: How the market stood, an entry for each time that it changed.
        runners: By sort priority.
    """

    market_id: str
    definition: MarketDefinition | None
    scheduled_off: int | None
    actual_off: int | None
    actual_off_derived: bool
    turned_in_play: bool
    has_auction: bool
    captured: bool
    not_captured_because: str | None
    captured_at: OffMoment | None
    captured_from: int | None
    back_book_percentage: Decimal | None
    lay_book_percentage: Decimal | None
    overround: Decimal | None
    total_matched: Decimal | None
    volume: Decimal | None
    messages: int
    first_publish_time: int | None
    last_publish_time: int | None
    timeline: tuple[StatusChange, ...]
    runners: tuple[RunnerStatistics, ...]


class StatisticsFold:
    """The statistics of one market, folded from its changes."""

    def __init__(self, market_id: str) -> None:
        self._book = MarketBook(market_id)
        self._timeline = Timeline()
        self._prices_at_off = PricesAtOff()
        self._accounts: dict[tuple[int, float], RunnerAccount] = {}
        self._is_divided = False
        self._has_volumes = False
        self._highest_total: float | None = None
        self._messages = 0
        self._first: int | None = None

    def apply(self, change: MarketChange, publish_time: int) -> None:
        """Fold one change of the market; traded volumes that cannot be are left out."""
        change, _ = without_impossible(change)
        if self._first is None:
            self._first = publish_time
        self._messages += 1
        self._prices_at_off.pass_by(self._book, publish_time)
        if change.market_definition is None:
            self._count(change)
        else:
            self._prices_at_off.define(change.market_definition.market_time, self._book, publish_time)
            self._timeline.define(change.market_definition, publish_time)
            self._divide(change, change.market_definition)
        self._book.apply(change, publish_time)

    def result(self, *, tape_end: int | None = None) -> MarketStatistics:
        """
        Return the statistics of what was folded so far.

        Args:
            tape_end: Publish time of the tape's last message, of any market; this market's last where left
                out.
        """
        last = self._book.publish_time if self._messages else None
        off, reason = self._prices_at_off.result(self._book, self._timeline, max(tape_end or 0, last or 0))
        runners = [self._runner_statistics(runner, off) for runner in self._book.runners]
        runners.sort(key=lambda each: (each.sort_priority is None, each.sort_priority or 0))
        total = self._total_matched()
        return MarketStatistics(
            market_id=self._book.market_id,
            definition=self._book.definition,
            scheduled_off=self._prices_at_off.time,
            actual_off=self._timeline.actual_off,
            actual_off_derived=self._timeline.off_is_derived,
            turned_in_play=self._timeline.turned_in_play,
            has_auction=self._timeline.has_auction,
            captured=off is not None,
            not_captured_because=reason,
            captured_at=off.moment if off else None,
            captured_from=off.publish_time if off else None,
            back_book_percentage=off.back_book_percentage() if off else None,
            lay_book_percentage=off.lay_book_percentage() if off else None,
            overround=off.overround() if off else None,
            total_matched=total,
            volume=self._volume(total),
            messages=self._messages,
            first_publish_time=self._first,
            last_publish_time=last,
            timeline=tuple(self._timeline.changes),
            runners=tuple(runners),
        )

    def _divide(self, change: MarketChange, definition: MarketDefinition) -> None:
        """Count what comes with a definition, before or after the off that it tells of."""
        is_suspended = definition.status == MarketStatus.SUSPENDED
        comes_before = is_suspended and not has_starting_prices(definition)
        if comes_before or self._timeline.begins_after_off:
            self._count(change)
            self._follow_off()
        else:
            self._follow_off()
            self._count(change)

    def _follow_off(self) -> None:
        """Begin the second phase where the market seems to be off; take it back where it reopens."""
        timeline = self._timeline
        if timeline.seems_off == self._is_divided:
            return
        self._is_divided = timeline.seems_off
        if timeline.seems_off:
            self._prices_at_off.begin_off(self._book)
        else:
            self._prices_at_off.reopen()
        for account in self._accounts.values():
            if not timeline.seems_off:
                account.reopen()
            elif timeline.begins_after_off:
                account.begin_after_off()
            else:
                account.divide()

    def _count(self, change: MarketChange) -> None:
        if change.tv is not None:
            self._highest_total = max(self._highest_total or 0.0, change.tv)
        # Of an image, a runner's first volumes begin its account anew; it may have further entries.
        to_restart = bool(change.img)
        restarted: set[RunnerAccount] = set()
        revalued = not to_restart and self._is_revaluation(change)
        for runner_change in change.rc or ():
            account = self._account((runner_change.id, runner_change.hc or 0.0))
            if runner_change.trd is not None:
                self._has_volumes = True
                if only_deletes(runner_change.trd):
                    continue
                restart = to_restart and account not in restarted
                middle = self._middle(runner_change.id, runner_change.hc or 0.0)
                account.trade(runner_change.trd, restart=restart, revalued=revalued, middle=middle)
                restarted.add(account)
            if runner_change.ltp is not None:
                account.publish(runner_change.ltp, may_repeat=to_restart or revalued)

    def _middle(self, selection_id: int, handicap: float) -> float | None:
        runner = self._book.runner(selection_id, handicap)
        return runner.middle_price if runner else None

    def _is_revaluation(self, change: MarketChange) -> bool:
        traded = [
            (self._account((each.id, each.hc or 0.0)), each.trd) for each in change.rc or () if each.trd
        ]
        moves = (move for account, entries in traded for move in account.moves(entries))
        accounts = {account for account, _ in traded}
        return is_revaluation(moves, (each.volumes for each in self._accounts.values()), len(accounts))

    def _account(self, key: tuple[int, float]) -> RunnerAccount:
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = RunnerAccount(
                is_after_off=self._is_divided, begins_after_off=self._timeline.begins_after_off
            )
        return account

    def _runner_statistics(self, runner: RunnerBook, off: OffBook | None) -> RunnerStatistics:
        key = (runner.selection_id, runner.handicap)
        account = self._account(key)
        quote = off.quotes.get(key) if off else None
        definition = runner.definition
        has_in_play = self._timeline.in_play_from is not None
        return RunnerStatistics(
            selection_id=runner.selection_id,
            handicap=runner.handicap,
            name=runner.name,
            sort_priority=definition.sort_priority if definition else None,
            result=runner.status,
            bsp=runner.starting_price,
            adjustment_factor=definition.adjustment_factor if definition else None,
            removal_date=definition.removal_date if definition else None,
            best_back=quote.back if quote else None,
            best_lay=quote.lay if quote else None,
            pre_play=account.pre_play(has_volumes=self._has_volumes, is_off=self._timeline.is_off),
            in_play=account.in_play(has_volumes=self._has_volumes) if has_in_play else None,
            unattributed=account.unattributed() if self._has_volumes else None,
        )

    def _total_matched(self) -> Decimal | None:
        if self._highest_total is not None:
            return Decimal(repr(self._highest_total))
        return 2 * one_sided(self._traded()) if self._has_volumes else None

    def _volume(self, total_matched: Decimal | None) -> Decimal | None:
        if self._has_volumes:
            return one_sided(self._traded())
        return None if total_matched is None else total_matched / 2

    def _traded(self) -> int:
        return sum(sum(account.volumes.values()) for account in self._accounts.values())
