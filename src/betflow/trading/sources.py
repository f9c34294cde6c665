"""
Messages of several sources, in the order in which they were published.

Each source is folded into books of its own, because an image replaces what its own subscription covered and
nothing else. A source that is alone is folded in one go, which is what makes a backtest fast.
"""

from collections.abc import Callable, Iterable, Iterator
from math import inf
from typing import Protocol, runtime_checkable

from betflow.exchange.book import MarketBooks
from betflow.wire.stream import MarketChangeMessage


class Position(Protocol):
    """Where a message stands."""

    @property
    def line(self) -> int:
        """Its line, from 1."""

    @property
    def offset(self) -> int:
        """Its byte offset, from 0."""


class Source(Protocol):
    """Recorded messages: a `betflow.tape.Tape`, for one."""

    @property
    def label(self) -> str:
        """What it is, for people."""

    def messages(self) -> Iterable[MarketChangeMessage]:
        """Return its messages, in order; each is asked for after the one before it was dealt with."""

    @property
    def position(self) -> Position:
        """Where the latest message stands that was taken from `messages`."""


@runtime_checkable
class Fallible(Protocol):
    """A source that may lose messages on the way."""

    on_damage: Callable[[], object] | None
    """Called when one could not be read, before the one behind it comes."""


class Timer:
    """
    Lets what is due happen between messages.

    Attributes:
        due: When the next thing is due, epoch milliseconds; infinite when nothing is.
    """

    __slots__ = ("due",)

    def __init__(self) -> None:
        self.due: float = inf

    def run_until(self, moment: int) -> None:
        """Do all that is due before a moment; `due` is at or after it then."""
        raise NotImplementedError


class Reel:
    """
    One source on its way through the books.

    Args:
        source: Where the messages come from.
        timer: Runs until the publish time of each message before the message is handed on.

    Attributes:
        source: Where the messages come from.
        books: What they are folded into.
        head: The next message; None after the last.
        messages: How many were handed on.
        latest: The latest publish time that was handed on, epoch milliseconds.
        backwards: How many messages were published before one that came earlier.
        first_backwards: Where the first of them stands.
    """

    __slots__ = (
        "_rest",
        "_timer",
        "backwards",
        "books",
        "first_backwards",
        "head",
        "latest",
        "messages",
        "source",
    )

    def __init__(self, source: Source, timer: Timer) -> None:
        self.source = source
        self.books = MarketBooks()
        self.messages = 0
        self.latest = 0
        self.backwards = 0
        self.first_backwards: Position | None = None
        self._timer = timer
        self._rest = iter(source.messages())
        self.head: MarketChangeMessage | None = next(self._rest, None)

    def until(self, stop: float) -> Iterator[MarketChangeMessage]:
        """
        Yield the head, and what follows it as long as it was published at or before a moment.

        One loop without calls on purpose: it runs for every message.
        """
        message, self.head = self.head, None
        if message is None:
            return
        timer, count = self._timer, 1
        if timer.due < message.pt:
            timer.run_until(message.pt)
        yield message
        latest = self.latest
        if message.pt < latest:
            self._note_backwards()
        else:
            latest = message.pt
        for message in self._rest:
            if message.pt > stop:
                self.head = message
                break
            if message.pt < latest:
                self._note_backwards()
            else:
                latest = message.pt
            if timer.due < latest:
                timer.run_until(latest)
            count += 1
            yield message
        self.latest = latest
        self.messages += count

    def _note_backwards(self) -> None:
        self.backwards += 1
        self.first_backwards = self.first_backwards or self.source.position
