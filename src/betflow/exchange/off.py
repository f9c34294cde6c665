"""
When a market was off, and how its book stood then.

The rules are told in `betflow.exchange.statistics`.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Self

from betflow.exchange.auction import has_starting_prices
from betflow.exchange.book import MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.exchange.shape import book_percentage
from betflow.exchange.snapshot import PriceSize
from betflow.exchange.times import epoch_ms
from betflow.wire.enums import MarketStatus, RunnerStatus
from betflow.wire.stream import MarketDefinition


@dataclass(frozen=True, slots=True)
class StatusChange:
    """
    How a market stood from a moment on.

    A change of the version alone counts: Betfair raises it for what happens to a market, such as the removal
    of a runner, and a bet may name the version that it is meant for.
    """

    publish_time: int
    status: str | None
    in_play: bool
    version: int | None
    bet_delay: int | None

    @classmethod
    def of(cls, definition: MarketDefinition, publish_time: int) -> Self:
        """Return how a definition says that its market stands."""
        return cls(
            publish_time=publish_time,
            status=definition.status,
            in_play=bool(definition.in_play),
            version=definition.version,
            bet_delay=definition.bet_delay,
        )

    def differs_from(self, before: "StatusChange | None") -> bool:
        """Say whether anything but the time is not as it was before."""
        return before is None or self != replace(before, publish_time=self.publish_time)


class Timeline:
    """
    How a market stood over time, and when it was off.

    A market is suspended for the off, and for much else before. So with each suspension it *seems* to be off,
    until it reopens without being in play.

    Attributes:
        changes: An entry for each time that status, in play, version or bet delay changed.
        turned_in_play: Whether a definition was in play.
        begins_after_off: Whether the first definition was in play or had starting prices, so that the off is
            not on the tape.
        has_auction: Whether starting prices were published after the market seemed to be off.
        seems_off: Whether the market is off unless it reopens without being in play.
        off_is_derived: Whether `actual_off` is that of the turn in play, for want of a suspension before it.
    """

    def __init__(self) -> None:
        self.changes: list[StatusChange] = []
        self.turned_in_play = False
        self.begins_after_off = False
        self.has_auction = False
        self.seems_off = False
        self.off_is_derived = False
        self._is_closed = False
        self._is_due = False
        self._off_at: int | None = None
        self._seems_off_from: int | None = None

    @property
    def is_off(self) -> bool:
        """
        Whether the market is off, and does not only seem so.

        That is once it turned in play, was closed or has its starting prices, or where it was suspended at
        its market time or later and did not reopen.
        """
        is_over = self.turned_in_play or self.has_auction or self._is_closed
        return self.seems_off and (is_over or self._is_due)

    @property
    def actual_off(self) -> int | None:
        """When the market was off; None where the tape does not tell."""
        return self._off_at if self.is_off else None

    @property
    def in_play_from(self) -> int | None:
        """
        Return from when on what trades is in-play, or of the starting-price auction; None where nothing is.

        That is the actual off; where it is not on the tape, the first definition after it.
        """
        return self._seems_off_from if self.is_off and (self.turned_in_play or self.has_auction) else None

    def define(self, definition: MarketDefinition, publish_time: int) -> None:
        """Note how the market stands from now on."""
        change = StatusChange.of(definition, publish_time)
        before = self.changes[-1] if self.changes else None
        has_prices = has_starting_prices(definition)
        seemed_off = self.seems_off
        if not self.turned_in_play and not self._is_closed:
            self._note_off(change, before, has_prices=has_prices)
            self._is_due = _is_due(definition, self._off_at)
        if self.seems_off and not seemed_off:
            self._seems_off_from = publish_time
        self.has_auction = self.seems_off and (self.has_auction or has_prices)
        if change.differs_from(before):
            self.changes.append(change)

    def _note_off(self, change: StatusChange, before: StatusChange | None, *, has_prices: bool) -> None:
        is_suspended = change.status == MarketStatus.SUSPENDED
        if before is None:
            is_open = change.status == MarketStatus.OPEN
            self.begins_after_off = change.in_play or (has_prices and not is_open)
            self.seems_off = self.begins_after_off or is_suspended
        elif is_suspended and before.status == MarketStatus.OPEN:
            self.seems_off, self._off_at = True, change.publish_time
        elif change.status == MarketStatus.OPEN and not change.in_play and not self.begins_after_off:
            self.seems_off, self._off_at = False, None
        if change.in_play:
            self._turn_in_play(change.publish_time)
        self._is_closed = change.status == MarketStatus.CLOSED

    def _turn_in_play(self, publish_time: int) -> None:
        self.turned_in_play = self.seems_off = True
        if self._off_at is None and not self.begins_after_off:
            self._off_at, self.off_is_derived = publish_time, True


def _is_due(definition: MarketDefinition, moment: int | None) -> bool:
    """Say whether a moment is the market time or later."""
    if moment is None or definition.market_time is None:
        return False
    try:
        return epoch_ms(definition.market_time) <= moment
    except ValueError:
        return False  # the definition's own text; it is told where prices at the off are asked for


@dataclass(frozen=True, slots=True)
class Quote:
    """The best prices of a runner at one moment; None where there was none."""

    back: PriceSize | None
    lay: PriceSize | None
    is_active: bool


class OffMoment(StrEnum):
    """The moment that prices at the off are those of."""

    SCHEDULED_OFF = "SCHEDULED_OFF"
    """The market time."""
    ACTUAL_OFF = "ACTUAL_OFF"
    """Just before the market was off, since that came before the market time."""


@dataclass(frozen=True, slots=True)
class OffBook:
    """
    The prices at the off.

    Attributes:
        moment: What they are the prices of.
        publish_time: The message after which they stood.
        quotes: By selection id and handicap.
        winners: How many winners the market pays; None where the definition does not say.
    """

    moment: OffMoment
    publish_time: int
    quotes: dict[tuple[int, float], Quote]
    winners: int | None

    def back_book_percentage(self) -> Decimal | None:
        """Sum up 100 / best price to back of the active runners; None where one of them has no price."""
        return book_percentage([quote.back for quote in self.quotes.values() if quote.is_active])

    def lay_book_percentage(self) -> Decimal | None:
        """Sum up 100 / best price to lay of the active runners; None where one of them has no price."""
        return book_percentage([quote.lay for quote in self.quotes.values() if quote.is_active])

    def overround(self) -> Decimal | None:
        """Return what the prices to back are over a fair book's; None where that cannot be told."""
        percentage = self.back_book_percentage()
        return None if percentage is None or not self.winners else percentage - 100 * self.winners


class PricesAtOff:
    """
    Takes the prices at the off while the tape goes by: at the scheduled off, or at the actual one before it.

    Attributes:
        time: The scheduled off, epoch milliseconds; None where no definition has one.
    """

    def __init__(self) -> None:
        self.time: int | None = None
        self._published: str | None = None
        self._taken: OffBook | None = None
        self._missed: str | None = "no definition has a market time"
        self._before_off: OffBook | None = None

    def pass_by(self, book: MarketBook, publish_time: int) -> None:
        """Look at the book before a message published then is folded into it."""
        if (
            self.time is not None
            and publish_time > self.time
            and self._taken is None
            and self._missed is None
        ):
            self._taken = _off_book(book)

    def define(self, market_time: str | None, book: MarketBook, publish_time: int) -> None:
        """Note the market time of a definition published then, before it is folded into the book."""
        if market_time is None or market_time == self._published:
            return
        self._published = market_time
        try:
            moment = epoch_ms(market_time)
        except ValueError:
            self.time, self._taken, self._missed = None, None, f"the market time {market_time!r} is no moment"
            return
        if moment == self.time:
            return
        self.time, self._taken, self._missed = moment, None, None
        if publish_time <= moment:
            return
        if book.change is None:
            self._missed = "the tape begins after the scheduled off"
        elif book.publish_time > moment:
            self._missed = "the market time was moved to a moment that had passed"
        else:
            self._taken = _off_book(book)

    def begin_off(self, book: MarketBook) -> None:
        """Look at the book before the message with which the market seems to be off."""
        known = book.change is not None
        self._before_off = _off_book(book, OffMoment.ACTUAL_OFF) if known else None

    def reopen(self) -> None:
        """Take note that the market was not off."""
        self._before_off = None

    def result(
        self, book: MarketBook, timeline: Timeline, tape_end: int
    ) -> tuple[OffBook | None, str | None]:
        """Return the prices at the off, or None and the reason."""
        at_schedule, missed = self._at_schedule(book, tape_end)
        if self.time is None or not timeline.is_off:
            return at_schedule, missed
        if self._before_off is None:
            return None, missed or "the tape begins after the market was suspended for the off"
        is_early = timeline.actual_off is not None and timeline.actual_off <= self.time
        return (self._before_off, None) if is_early else (at_schedule, missed)

    def _at_schedule(self, book: MarketBook, tape_end: int) -> tuple[OffBook | None, str | None]:
        if self._taken is not None or self._missed is not None:
            return self._taken, self._missed
        if self.time is None or tape_end < self.time:
            return None, "the tape ends before the scheduled off"
        return _off_book(book), None


def _off_book(book: MarketBook, moment: OffMoment = OffMoment.SCHEDULED_OFF) -> OffBook:
    return OffBook(
        moment=moment,
        publish_time=book.publish_time,
        quotes={(runner.selection_id, runner.handicap): _quote(runner) for runner in book.runners},
        winners=book.definition.number_of_winners if book.definition else None,
    )


def _quote(runner: RunnerBook) -> Quote:
    back, lay = runner.back_ladder, runner.lay_ladder
    return Quote(
        back=PriceSize(*back[0]) if back else None,
        lay=PriceSize(*lay[0]) if lay else None,
        is_active=runner.status == RunnerStatus.ACTIVE,
    )
