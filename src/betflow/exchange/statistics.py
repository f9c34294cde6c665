"""
What a market's tape says in numbers: off, prices at the off, what was traded before and after it, results.

`StatisticsFold` takes the changes of one market in order and sees the book before and after each. The rules:

- The *scheduled off* is the market time. Prices there are those of the book after the last message
  published at or before it. When a definition moves the market time later, they are taken again.
- The *actual off* is the publish time of the first definition in play; for a market that never turned in
  play, that of the suspension after which it did not reopen.
- *Pre-play* is what had been traded when the message came that turned the market in play (all of it, where
  none came); *in-play* is what was traded since, price by price. Where the tape begins in play, what had
  been traded until then belongs to neither: it is given as *unattributed*.
- Volumes in other currencies are converted anew from time to time, which moves many prices by pennies in one
  message. In-play, what moves so was not traded; see `betflow.exchange.volumes.is_revaluation`.
- Volumes are one-sided: Betfair counts both stakes of a bet, here it counts once.
- A change that only takes traded volume away is settlement, removal or voiding. It does not unsay what was
  traded, so volumes of removed runners are in, and so are those of a settled market. The last traded price
  that comes with it is some price of those taken away (seen in every settled tape), so it does not count.
- A traded volume that is negative, NaN or infinite was never traded, and is left out.
- An image sets the account of a runner anew, where it brings volumes for it.
"""

from dataclasses import dataclass
from decimal import Decimal

from betflow.exchange.book import MarketBook
from betflow.exchange.off import OffBook, ScheduledOff, StatusChange, Timeline
from betflow.exchange.phases import PhaseStatistics, RunnerAccount
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.snapshot import PriceSize
from betflow.exchange.volumes import is_revaluation, one_sided, only_deletes, without_impossible
from betflow.wire.stream import MarketChange, MarketDefinition


@dataclass(frozen=True, slots=True)
class RunnerStatistics:
    """
    One runner's part.

    Attributes:
        result: The status at the end of the tape; after settlement WINNER, LOSER, PLACED or REMOVED.
        bsp: The reconciled starting price; NaN for a removed runner, None where there is none.
        best_back: Best price to back and its size at the scheduled off; None where there was none.
        best_lay: Likewise to lay.
        pre_play: None where the tape begins in play.
        in_play: None where the market did not turn in play.
        unattributed: Volume that a tape which begins in play cannot divide; else None.
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
        actual_off: When it was off; None where the tape does not tell.
        turned_in_play: Whether the actual off is that of a turn in play.
        captured: Whether the tape has the book at the scheduled off.
        not_captured_because: The reason, where it does not.
        captured_from: Publish time of the message after which the book was taken.
        back_book_percentage: Sum of 100 / best price to back of the runners active at the scheduled off;
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
    turned_in_play: bool
    captured: bool
    not_captured_because: str | None
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
        self._scheduled_off = ScheduledOff()
        self._accounts: dict[tuple[int, float], RunnerAccount] = {}
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
        self._scheduled_off.pass_by(self._book, publish_time)
        begins_in_play = False
        if change.market_definition is not None:
            begins_in_play = self._define(change.market_definition, publish_time)
        self._count(change)
        if begins_in_play:
            for account in self._accounts.values():
                account.begin_in_play()
        self._book.apply(change, publish_time)

    def result(self, *, tape_end: int | None = None) -> MarketStatistics:
        """
        Return the statistics of what was folded so far.

        Args:
            tape_end: Publish time of the tape's last message, of any market; this market's last where left
                out.
        """
        last = self._book.publish_time if self._messages else None
        off, reason = self._scheduled_off.result(self._book, max(tape_end or 0, last or 0))
        runners = [self._runner_statistics(runner, off) for runner in self._book.runners]
        runners.sort(key=lambda each: (each.sort_priority is None, each.sort_priority or 0))
        total = self._total_matched()
        return MarketStatistics(
            market_id=self._book.market_id,
            definition=self._book.definition,
            scheduled_off=self._scheduled_off.time,
            actual_off=self._timeline.actual_off,
            turned_in_play=self._timeline.turned_in_play,
            captured=off is not None,
            not_captured_because=reason,
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

    def _define(self, definition: MarketDefinition, publish_time: int) -> bool:
        """Note a definition before it is folded, and say whether the tape begins in play with it."""
        had_turned = self._timeline.turned_in_play
        self._scheduled_off.define(definition.market_time, self._book, publish_time)
        self._timeline.define(definition, publish_time)
        if had_turned or not self._timeline.turned_in_play:
            return False
        if not self._timeline.begins_in_play:
            for account in self._accounts.values():
                account.turn_in_play()
        return self._timeline.begins_in_play

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
                account.trade(runner_change.trd, restart=restart, revalued=revalued)
                restarted.add(account)
            if runner_change.ltp is not None:
                account.publish(runner_change.ltp, is_image=to_restart)

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
                is_in_play=self._timeline.turned_in_play, begins_in_play=self._timeline.begins_in_play
            )
        return account

    def _runner_statistics(self, runner: RunnerBook, off: OffBook | None) -> RunnerStatistics:
        key = (runner.selection_id, runner.handicap)
        account = self._account(key)
        quote = off.quotes.get(key) if off else None
        definition = runner.definition
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
            pre_play=account.pre_play(has_volumes=self._has_volumes),
            in_play=account.in_play(has_volumes=self._has_volumes),
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
