"""
When a market was off, and how its book stood at the scheduled off.

The rules are told in `betflow.exchange.statistics`.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

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
    How a market stood over time.

    Attributes:
        changes: An entry for each time that status, in play, version or bet delay changed.
        turned_in_play: Whether a definition was in play.
        begins_in_play: Whether the first was, so that the turn is not on the tape.
    """

    def __init__(self) -> None:
        self.changes: list[StatusChange] = []
        self.turned_in_play = False
        self.begins_in_play = False
        self._in_play_at: int | None = None
        self._suspended_at: int | None = None

    @property
    def actual_off(self) -> int | None:
        """When the market was off; None where the tape does not tell."""
        return self._in_play_at if self.turned_in_play else self._suspended_at

    def define(self, definition: MarketDefinition, publish_time: int) -> None:
        """Note how the market stands from now on."""
        change = StatusChange.of(definition, publish_time)
        before = self.changes[-1] if self.changes else None
        self._note_off(change, before)
        if change.differs_from(before):
            self.changes.append(change)

    def _note_off(self, change: StatusChange, before: StatusChange | None) -> None:
        if change.in_play and not self.turned_in_play:
            self.turned_in_play = True
            self.begins_in_play = before is None
            self._in_play_at = change.publish_time if before else None
        if change.status == MarketStatus.OPEN:
            self._suspended_at = None
        elif change.status == MarketStatus.SUSPENDED and before and before.status != MarketStatus.SUSPENDED:
            self._suspended_at = change.publish_time


@dataclass(frozen=True, slots=True)
class Quote:
    """The best prices of a runner at one moment; None where there was none."""

    back: PriceSize | None
    lay: PriceSize | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class OffBook:
    """
    The prices at the scheduled off.

    Attributes:
        publish_time: The message after which they stood.
        quotes: By selection id and handicap.
        winners: How many winners the market pays; None where the definition does not say.
    """

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


class ScheduledOff:
    """
    Takes the prices at the scheduled off while the tape goes by.

    Attributes:
        time: The market time, epoch milliseconds; None where no definition has one.
    """

    def __init__(self) -> None:
        self.time: int | None = None
        self._published: str | None = None
        self._taken: OffBook | None = None
        self._missed: str | None = "no definition has a market time"

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

    def result(self, book: MarketBook, tape_end: int) -> tuple[OffBook | None, str | None]:
        """Return the prices at the scheduled off, or None and the reason."""
        if self._taken is not None or self._missed is not None:
            return self._taken, self._missed
        if self.time is None or tape_end < self.time:
            return None, "the tape ends before the scheduled off"
        return _off_book(book), None


def _off_book(book: MarketBook) -> OffBook:
    return OffBook(
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
